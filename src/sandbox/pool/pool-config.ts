/** `null` = a unit for any lab of the default base. */
export type PoolKey = string | null;

export interface PoolRule {
  key: PoolKey;
  count: number;
  /** Absent = always. */
  at?: { weekday: number | 'daily'; minute: number };
  /** In place of `at`: the one moment at which a class begins. */
  once?: Date;
}

export type PoolConfig = 'auto' | PoolRule[];

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const RULE = /^(any|[a-z0-9-]{3,48})=(\d{1,3})(?:@(daily|sun|mon|tue|wed|thu|fri|sat) (\d{2}):(\d{2}))?$/;
const EXPECTED = 'expected auto, off, or rules such as any=1, k8s-scale=2, k8s-scale=30@mon 09:00';

/**
 * `auto`, `off`, or rules separated by commas: `<lab or any>=<count>` for units at all times,
 * `<lab or any>=<count>@<day> <hh:mm>` for units that are warm when a class begins (local time of the service).
 * Throws with a plain message.
 */
export function parsePool(text: string): PoolConfig {
  if (text === 'auto') return 'auto';
  if (text === 'off') return [];
  return text.split(',').map((part) => parseRule(part.trim()));
}

function parseRule(text: string): PoolRule {
  const found = RULE.exec(text);
  if (!found) throw new Error(`"${text}": ${EXPECTED}`);
  const [, name = '', count, day, hours, minutes] = found;
  const key = name === 'any' ? null : name;
  const rule = { key, count: Number(count) };
  if (day === undefined) return rule;
  if (Number(hours) > 23 || Number(minutes) > 59)
    throw new Error(`"${text}": ${hours}:${minutes} is no time`);
  const weekday = day === 'daily' ? ('daily' as const) : DAYS.indexOf(day);
  return { ...rule, at: { weekday, minute: Number(hours) * 60 + Number(minutes) } };
}
