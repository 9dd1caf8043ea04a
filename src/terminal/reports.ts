const CSI = String.raw`\x1b\[`;

/**
 * What emulators answer by themselves: device attributes, status and cursor position, mode reports, focus, colours,
 * DCS answers. A frame of nothing else was not typed by anybody.
 */
const REPORT = new RegExp(
  '^(?:' +
    [
      `${CSI}[?>=]?[0-9;]*c`,
      `${CSI}\\??[0-9;]+[nR]`,
      `${CSI}\\??[0-9;]*\\$y`,
      `${CSI}[IO]`,
      String.raw`\x1b\](?:4;\d+|10|11|12);[^\x07\x1b]*(?:\x07|\x1b\\)`,
      String.raw`\x1bP[^\x1b]*\x1b\\`,
    ].join('|') +
    ')+$',
);

const ESC = 0x1b;
const MAX_REPORT = 4096;

export function isReport(bytes: Buffer): boolean {
  if (bytes[0] !== ESC || bytes.length > MAX_REPORT) return false;
  return REPORT.test(bytes.toString('latin1'));
}
