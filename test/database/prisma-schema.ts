import { readFileSync } from 'node:fs';

export interface Column {
  table: string;
  column: string;
  type: string;
  nullable: boolean;
}

const TYPES: Record<string, string> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Float: 'double precision',
  Boolean: 'boolean',
  Json: 'jsonb',
  Bytes: 'bytea',
  DateTime: 'timestamp with time zone',
  'Unsupported("xid8")': 'xid8',
};

interface Schema {
  columns: Column[];
  /** `Table(a,b)` of every @id, @@id, @unique, @@unique and @@index. */
  indexes: string[];
}

/** Reads as much of Prisma's language as this project's schema uses; anything else is an error, not a guess. */
export function readSchema(file: string): Schema {
  const schema: Schema = { columns: [], indexes: [] };
  let table: string | undefined;
  for (const line of readFileSync(file, 'utf8')
    .split('\n')
    .map((l) => l.trim())) {
    const model = /^model (\w+) \{$/.exec(line);
    if (model) table = model[1];
    else if (line === '}') table = undefined;
    else if (table !== undefined && line !== '' && !line.startsWith('//')) readLine(schema, table, line);
  }
  return schema;
}

function readLine(schema: Schema, table: string, line: string): void {
  const block = /^@@(?:id|unique|index)\(\[([\w, ]+)\]\)$/.exec(line);
  if (block) {
    schema.indexes.push(`${table}(${block[1]!.replaceAll(' ', '')})`);
    return;
  }
  const field = /^(\w+)\s+(Unsupported\("\w+"\)|\w+)(\[\])?(\?)?(\s.*)?$/.exec(line);
  const type = TYPES[field?.[2] ?? ''];
  if (!field || type === undefined)
    throw new Error(`prisma/schema.prisma, model ${table}: not understood: ${line}`);
  const [, column = '', , list, optional, rest = ''] = field;
  // Prisma treats an absent list as an empty one, so its column is nullable.
  const nullable = optional !== undefined || list !== undefined;
  schema.columns.push({ table, column, type: list ? 'ARRAY' : type, nullable });
  if (/@(id|unique)\b/.test(rest)) schema.indexes.push(`${table}(${column})`);
}
