/** Colours that programs ask for, each with a contrast of 4.5 or more on the background. */
export const THEME = {
  background: '#10161a',
  foreground: '#dfe6e9',
  cursor: '#7fd6c2',
  selectionBackground: '#345a63',
  black: '#1b2429',
  red: '#ff8a80',
  green: '#8fd694',
  yellow: '#e8c87a',
  blue: '#82b8ff',
  magenta: '#d5a6f5',
  cyan: '#7fd6d8',
  white: '#dfe6e9',
  brightBlack: '#8b999f',
};
export const FONT =
  'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
