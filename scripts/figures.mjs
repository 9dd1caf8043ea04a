import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './steps.mjs';

/**
 * The README's table of figures, made from bench/results: nobody types a number. `--check` fails when the README says
 * something else than the results.
 */
const result = (name) => JSON.parse(readFileSync(path.join(ROOT, `bench/results/${name}.json`), 'utf8'));
const ms = (value) => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;

function table() {
  const burst = result('burst');
  const echo = result('echo').figures;
  const flood = result('flood');
  const tails = result('tails').figures;
  const stall = result('stall').figures;
  const grade = result('grade').figures;
  const board = result('board').figures;
  const claim = result('claim');
  const many = result('many').figures;
  const hostile = result('hostile').figures;
  const { cores, memMiB } = burst.machine;
  const rows = [
    [
      `${burst.figures.hosts} lab hosts through the API`,
      `${(burst.figures.all_ms / 1000).toFixed(1)} s, ${burst.ratios.ours_to_raw.toFixed(2)} times raw runc in the same run`,
      'burst',
    ],
    [
      'One allocate, p50 and p99',
      `${ms(burst.figures.one_p50_ms)}, ${ms(burst.figures.one_p99_ms)}`,
      'burst',
    ],
    [
      'A warm cluster for a learner: running, p50 and p99; paused, p50',
      `${ms(claim.figures.running_p50_ms)}, ${ms(claim.figures.running_p99_ms)}; ${ms(claim.figures.paused_p50_ms)}`,
      'claim',
    ],
    [
      'From the request to the first answer of kubectl in the shell, p50 and p99',
      `${ms(claim.figures.answered_p50_ms)}, ${ms(claim.figures.answered_p99_ms)}`,
      'claim',
    ],
    [
      'A cluster from cold, with the set-up of its lab',
      `${(claim.figures.cold_ms / 1000).toFixed(1)} s; plain \`kind create cluster --wait\` ${(claim.baseline.kind_create_ms / 1000).toFixed(1)} s`,
      'claim',
    ],
    ['Echo of a key on loopback, p50 and p99', `${ms(echo.p50_ms)}, ${ms(echo.p99_ms)}`, 'echo'],
    [
      `The same in each of ${many.sessions} busy sessions, p50 and p99`,
      `${ms(many.p50_ms)}, ${ms(many.p99_ms)}`,
      'many',
    ],
    [
      `${hostile.sessions} hostile clients: the service's share of a core; echo p95 of another session`,
      `${Math.round(hostile.cpu_share * 100)} %; ${ms(hostile.echo_p95_ms)}`,
      'hostile',
    ],
    [
      'Output of one terminal',
      `${Math.round(flood.figures.mb_per_s)} MB/s; the bare kernel PTY ${Math.round(flood.baseline.pty_mb_per_s)}`,
      'flood',
    ],
    [
      `Lost tails in ${tails.runs} exits, local and through runc`,
      `${tails.lost} and ${tails.runc_lost}`,
      'tails',
    ],
    [
      `Memory of a stalled reader, ${stall.seconds} s of flood`,
      `${Math.round(stall.rss_growth_bytes_per_session / 1024)} KiB a session`,
      'stall',
    ],
    [
      `From the kernel's change to the pushed verdict, ${grade.sandboxes} sandboxes, p95`,
      ms(grade.p95_ms),
      'grade',
    ],
    [`The same for ${grade.crowd} sandboxes without a switch`, ms(grade.crowd_p95_ms), 'grade'],
    [
      'Grading of an attached sandbox that nothing changes',
      `${grade.idle_cpu_percent.toFixed(2)} % of a core`,
      'grade',
    ],
    [
      `From a change to the page of an instructor of ${board.learners} learners, p95`,
      ms(board.page_p95_ms),
      'board',
    ],
  ];
  const lines = rows.map(([what, value, bench]) => `| ${what} | ${value} | \`${bench}\` |`);
  const head = [
    `| On ${cores} cores, ${Math.round(memMiB / 1024)} GiB | Measured | Bench |`,
    '|---|---|---|',
  ];
  return [...head, ...lines].join('\n');
}

const file = path.join(ROOT, 'README.md');
const text = readFileSync(file, 'utf8');
const made = text.replace(
  /(<!-- figures -->\n)[\s\S]*?(\n<!-- \/figures -->)/,
  (_, a, b) => `${a}${table()}${b}`,
);
if (process.argv.includes('--check')) {
  if (made === text) process.exit(0);
  process.stderr.write(
    'README.md: its figures are not those of bench/results: run node scripts/figures.mjs\n',
  );
  process.exit(1);
}
writeFileSync(file, made);
