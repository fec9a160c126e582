import { expect, it } from 'vitest';
import { createRealm } from '../support/api.ts';
import { GREETING } from '../support/page-settings.ts';
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

it('a realm greets people in its own way, and others do not', async () => {
  const realm = 'page-greeting';
  await createRealm(realm);
  const { terms, privacy, text } = GREETING[realm];
  for (const path of ['/login', '/register']) {
    const { body, headers } = await visit(path, { realm });
    expect(body).toContain(text.replace('&', '&amp;'));
    expect(body).toContain(`<a href="${terms}">Terms of service</a>`);
    expect(body).toContain(`<a href="${privacy}">Privacy policy</a>`);
    expect(body).toContain('<body class="card backdrop"');
    // In the page's own style, which its policy knows by hash; white is what can be read on it.
    expect(body).toContain('--backdrop:light-dark(#0f172a,');
    expect(body).toContain('--on-backdrop:light-dark(#ffffff,');
    expect(headers.get('content-security-policy')).toMatch(/style-src 'self' 'sha256-/);
  }
  expect((await visit('/register', { realm })).body).toContain('By creating an account you agree to the');
  const other = await visit('/register');
  expect(other.body).not.toContain('Terms of service');
  expect(other.body).toContain('<body class="card"');
});
