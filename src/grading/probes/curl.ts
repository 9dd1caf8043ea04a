import { isDeeper, type Json } from '../json.js';

export interface HttpTargetAddress {
  /** Name to show: of the pod, or the address. */
  target: string;
  /** `host:port`. */
  address: string;
}

/** Shown of a body. */
const MAX_BODY = 4096;
const MAX_PARSED = 64 * 1024;

/** One transfer after the other, each on its own connection and followed by a line that no body can guess. */
export function curlArgs(requests: readonly HttpTargetAddress[], path: string, mark: string): string[] {
  const common = [
    '--silent',
    '--globoff',
    '--noproxy',
    '*',
    '--proto',
    '=http',
    '--max-redirs',
    '0',
    '--connect-timeout',
    '1',
    '--max-time',
    '2',
    // A body without end must not cost more than this.
    '--limit-rate',
    '512K',
    '--user-agent',
    'wheelhouse',
    '--header',
    'Connection: close',
    '--write-out',
    `%{stdout}\\n${mark} %{http_code} %{exitcode} %{time_total}\\n`,
  ];
  // -q must be first: no configuration file is read. An error ends the series: the others would wait as long.
  const transfers = requests.map(({ address }) => [...common, `http://${address}${path}`]);
  return ['-q', '--fail-early', ...transfers.flatMap((args, i) => (i === 0 ? args : ['--next', ...args]))];
}

export interface CurlOutput {
  requests: readonly HttpTargetAddress[];
  mark: string;
  parse: 'text' | 'json';
  /** There was more than was kept: the body that it ends in has no line, and its sender no bounds. */
  truncated?: boolean;
}

/** Reads what curl wrote: bodies, each with its line of figures. */
export function parseCurl(stdout: string, o: CurlOutput): Json[] {
  const line = new RegExp(`\\n${o.mark} (\\d+) (\\d+) ([\\d.]+)\\n`, 'g');
  const responses: Json[] = [];
  let from = 0;
  for (
    let found = line.exec(stdout);
    found && responses.length < o.requests.length;
    found = line.exec(stdout)
  ) {
    const body = stdout.slice(from, found.index);
    from = found.index + found[0].length;
    const status = Number(found[1]);
    const exit = Number(found[2]);
    responses.push({
      target: o.requests[responses.length]!.target,
      status: status === 0 ? null : status,
      body: body.slice(0, MAX_BODY),
      ...(o.parse === 'json' ? { data: parsed(body) } : {}),
      tookMs: Math.round(Number(found[3]) * 1000),
      ...(exit === 0 ? {} : { error: ERRORS[exit] ?? `curl-${exit}` }),
    });
  }
  const cut = o.truncated === true ? o.requests[responses.length] : undefined;
  if (cut) {
    const body = stdout.slice(from, from + MAX_BODY);
    responses.push({ target: cut.target, status: null, body, tookMs: null, error: 'too-large' });
  }
  return responses;
}

const ERRORS: Record<number, string> = {
  7: 'refused',
  28: 'timeout',
  52: 'empty',
  56: 'reset',
  1: 'protocol',
  47: 'redirect',
};

function parsed(body: string): Json {
  if (body.length > MAX_PARSED) return null;
  try {
    const value = JSON.parse(body) as Json;
    return isDeeper(value) ? null : value;
  } catch {
    return null;
  }
}
