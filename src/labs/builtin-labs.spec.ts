import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readLabFolder } from './lab-folder.js';
import { loadLab } from './lab-loader.js';
import { labView } from './lab-view.js';

const LABS = path.resolve('labs');

describe.each(readdirSync(LABS))('the lab %s', (slug) => {
  it('loads without an error or a warning that is not accepted with a reason', async () => {
    const lab = loadLab(slug, await readLabFolder(path.join(LABS, slug)));
    expect(lab.problems).toEqual([]);
    expect(lab.ok).toBe(true);
  });

  it('shows learners a full page in each locale and nothing of the solution or the assertions', async () => {
    const lab = loadLab(slug, await readLabFolder(path.join(LABS, slug)));
    if (!lab.ok) throw new Error('does not load');
    for (const locale of lab.spec.locales) {
      const view = labView(lab, locale);
      expect(view.locale).toBe(locale);
      expect(view.instructionsHtml.length).toBeGreaterThan(1000);
      expect(view.instructionsHtml).not.toContain('${');
      const text = JSON.stringify(view);
      expect(text).not.toMatch(/# expect:|"assert"|\$gte|observations/);
      expect(Object.keys(view)).not.toContain('files');
    }
  });
});
