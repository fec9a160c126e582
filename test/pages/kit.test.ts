import { expect, it } from 'vitest';
import { createRealm } from '../support/api.ts';
import { visit } from '../support/pages.ts';

it('a dialog opens by the browser alone, and is shown by the page where it cannot', async () => {
  const shut = await visit('/dev/kit');
  expect(shut.status).toBe(200);
  expect(shut.body).toContain('commandfor="unlink" command="show-modal"');
  expect(shut.body).not.toMatch(/<dialog[^>]* open/);
  // A link in the button's place, where a browser opens nothing by a button.
  expect(shut.body).toContain('href="?dialog=unlink#unlink"');
  expect(shut.body).toContain('<form method="dialog">');
  expect((await visit('/dev/kit?dialog=unlink')).body).toMatch(/<dialog id="unlink"[^>]* open/);
});

it('a realm greets people in its own way, and others do not', async () => {
  const realm = 'page-greeting';
  const [terms, privacy] = ['https://example.com/terms', 'https://example.com/privacy'];
  const text = 'One account for all of Acme & Sons';
  const looks = { terms, privacy, providers: 'above', welcome: { en: text }, background: '#0f172a' };
  await createRealm(realm, { appearance: JSON.stringify(looks) });
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
