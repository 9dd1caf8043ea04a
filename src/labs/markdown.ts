import MarkdownIt from 'markdown-it';

/** No HTML passes through, and links open where they cannot reach the page that shows them. */
const renderer = new MarkdownIt({ html: false, linkify: false, typographer: false });

const linkOpen = renderer.renderer.rules['link_open'];
renderer.renderer.rules['link_open'] = (tokens, index, options, env, self) => {
  tokens[index]!.attrSet('target', '_blank');
  tokens[index]!.attrSet('rel', 'noopener noreferrer');
  return linkOpen ? linkOpen(tokens, index, options, env, self) : self.renderToken(tokens, index, options);
};

export function renderMarkdown(text: string): string {
  return renderer.render(text);
}
