/**
 * The JSON of `ip` as a parser takes it. An interface may be named with any byte but `/` and white space; `ip` writes
 * control characters as they are and escapes the apostrophe, neither of which is JSON. Learners choose these names.
 */
export function jsonOfIp(text: string): string {
  return (
    text
      // Each escape as a whole: a backslash of the name's own is one too.
      .replace(/\\(.)/gs, (escape: string, c: string) => (c === "'" ? c : escape))
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  );
}
