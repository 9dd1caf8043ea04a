import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './steps.mjs';

/** `node scripts/record-observations.mjs <lab folder> --kind NAME --kubeconfig FILE`: see src/grading/record-cli.ts. */
const file = path.join(ROOT, 'dist/src/grading/record-cli.js');
const child = spawn(process.execPath, [file, ...process.argv.slice(2)], { stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
