import type { Size } from '../sizing.js';

/** Two numbers of a JSON object, whatever the case of its keys; undefined for anything else. */
export function readSize(payload: Buffer, cols: string, rows: string): Size | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field as unknown]));
  const [c, r] = [fields.get(cols), fields.get(rows)];
  return Number.isFinite(c) && Number.isFinite(r) ? { cols: c as number, rows: r as number } : undefined;
}
