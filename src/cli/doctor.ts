import { parseArgs } from 'node:util';
import { doctor } from '../doctor/doctor.js';
import type { Run } from './command.js';

export const doctorCommand: Run = (args, { config, out }) => {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, fix: { type: 'boolean', default: false } },
  });
  return doctor({ config: config(), json: values.json, fix: values.fix, out });
};
