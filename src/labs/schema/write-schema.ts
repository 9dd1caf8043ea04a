import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../config/root.js';
import { labJsonSchema } from './lab-json-schema.js';

/** `npm run schema`, after a build. */
writeFileSync(path.join(ROOT, 'schemas/lab.schema.json'), `${JSON.stringify(labJsonSchema(), null, 2)}\n`);
