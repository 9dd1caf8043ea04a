const MAX_PATTERN = 256;
const MAX_SUBJECT = 4096;

/**
 * Says why a pattern may take more than linear time, or undefined if it may not. Backtracking explodes through
 * repeated groups that repeat inside, back references and look-around; none of them is needed to read a line.
 */
export function unsafeRegexp(source: string): string | undefined {
  if (source.length > MAX_PATTERN) return `longer than ${MAX_PATTERN} characters`;
  try {
    new RegExp(source, 'u');
  } catch (error) {
    return (error as Error).message;
  }
  const bare = source.replace(/\\[^1-9k]/gu, 'x').replace(/\[[^\]]*\]/gu, 'x');
  if (/\\[1-9k]/u.test(bare)) return 'back references are not allowed';
  if (/\(\?(?!:)/u.test(bare)) return 'look-around and named groups are not allowed';
  if (/\)[*+{]/u.test(bare)) return 'a repeated group is not allowed';
  if ((bare.match(/[*+]|\{\d+,/gu) ?? []).length > 4) return 'more than four repetitions';
  return undefined;
}

/** Long subjects are cut: four unanchored repetitions over 4 KiB stay below a millisecond in practice. */
export function testRegexp(source: string, subject: string): boolean {
  return new RegExp(source, 'u').test(subject.slice(0, MAX_SUBJECT));
}
