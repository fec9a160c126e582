import { expect, it } from 'vitest';
import { visit } from '../support/pages.ts';

it('a dialog opens by the browser alone, and is shown by the page where it cannot', async () => {
  const shut = await visit('/dev/kit');
  expect(shut.status).toBe(200);
  expect(shut.body).toContain('commandfor="unlink" command="show-modal"');
  expect(shut.body).not.toMatch(/<dialog[^>]* open/);
  // What a browser sends whose buttons open nothing: it takes them for buttons that send their form.
  expect(shut.body).toMatch(
    /<form method="get"><input type="hidden" name="dialog" value="unlink"\/><button(?![^>]* type=)/,
  );
  expect((await visit('/dev/kit?dialog=unlink')).body).toMatch(/<dialog id="unlink"[^>]* open/);
});
