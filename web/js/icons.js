const SVG = 'http://www.w3.org/2000/svg';

/** Drawn on a 20 x 20 grid with a round pen; each state has a shape of its own, so colour is never needed. */
const PATHS = {
  pending: ['M10 3.5a6.5 6.5 0 1 0 .01 0'],
  blocked: ['M5.5 9h9v7h-9z', 'M7.5 9V6.5a2.5 2.5 0 0 1 5 0V9'],
  holding: ['M6 3h8', 'M6 17h8', 'M7 3c0 4 6 4 6 7s-6 3-6 7', 'M13 3c0 4-6 4-6 7s6 3 6 7'],
  passed: ['M10 2.5a7.5 7.5 0 1 0 .01 0', 'M6.6 10.2l2.4 2.4 4.5-5'],
  regressed: ['M4 7v4h4', 'M4.5 10.6A6 6 0 1 1 6.2 14.6'],
  failed: ['M10 2.5a7.5 7.5 0 1 0 .01 0', 'M7.2 7.2l5.6 5.6', 'M12.8 7.2l-5.6 5.6'],
  error: ['M10 3l7.5 13.5h-15z', 'M10 8v4', 'M10 14.2v.1'],
  'left-out': ['M10 3.5a6.5 6.5 0 1 0 .01 0', 'M5.5 14.5l9-9'],
  copy: ['M7.5 7.5h8v8h-8z', 'M12.5 4.5h-8v8'],
  chevron: ['M7.5 5.5l5 4.5-5 4.5'],
};

/**
 * A decorative icon: the text beside it carries the meaning.
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon icon-${name}`);
  for (const d of PATHS[name] ?? PATHS.pending) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}
