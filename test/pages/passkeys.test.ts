import { describe, expect, it } from 'vitest';
import { call, createRealm, ORIGIN } from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { cookiesOf, submit, visit } from '../support/pages.ts';
import { withPasskey } from '../support/passkeys.ts';
import { open, submit as submitAs, visitor } from '../support/visitor.ts';

/** What the form of a page has for the browser. */
const optionsIn = (body: string) =>
  JSON.parse(
    (/data-options="([^"]*)"/.exec(body)?.[1] ?? '').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  );

/** Begins to sign in, as the script of the page does. */
async function begun() {
  const answer = await call('POST', '/v1/auth/passkeys/options', {
    headers: { origin: ORIGIN },
    body: { session_cookie: true },
  });
  return { ...answer.body, cookie: cookiesOf(answer) };
}

describe('the page of signing in', () => {
  it('has one script, from one address, and no other page has any', async () => {
    const page = await visit('/login');
    const src = /<script type="module" src="([^"]*)"/.exec(page.body)?.[1];
    expect(src).toMatch(/^\/pages\/passkeys\.[0-9a-f]{12}\.js$/);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain(`script-src ${ORIGIN}${src}; connect-src 'self';`);
    expect(page.body).toContain('autocomplete="username webauthn"');
    for (const path of ['/register', '/login/code', '/login/link', '/forgot-password']) {
      expect((await visit(path)).headers.get('content-security-policy')).not.toContain('script-src');
    }
  });

  it('signs in by a passkey, and leads where the user was sent', async () => {
    const { authenticator } = await withPasskey();
    const { flow, public_key, cookie } = await begun();
    const credential = JSON.stringify(await authenticator.get(public_key));
    const answer = await submit(
      '/login/passkey?redirect_to=/account/devices',
      { flow, credential },
      {
        headers: { cookie },
      },
    );
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${ORIGIN}/account/devices`);
    expect(cookiesOf(answer)).toContain('__Host-latchkey=');
  });

  it('says so when a passkey does not work, from another browser or of nobody', async () => {
    const { authenticator } = await withPasskey();
    const { flow, public_key, cookie } = await begun();
    const credential = JSON.stringify(await authenticator.get(public_key));
    const nobody = JSON.stringify(await (await SoftwareAuthenticator.make()).get(public_key));
    for (const [fields, headers] of [
      [{ flow, credential }, {}],
      [{ flow, credential: nobody }, { cookie }],
      [{ flow, credential: '{' }, { cookie }],
      [{ flow: 'x', credential }, { cookie }],
      [{}, { cookie }],
    ] as [Record<string, string>, Record<string, string>][]) {
      const answer = await submit('/login/passkey', fields, { headers });
      expect(answer.status).toBe(422);
      expect(answer.body).toContain('role="alert"');
      expect(cookiesOf(answer)).not.toContain('__Host-latchkey=');
    }
  });

  it('takes no form of another site', async () => {
    const answer = await submit('/login/passkey', {}, { headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
  });

  it('asks the realm that it is of', async () => {
    await createRealm('keys-page');
    const { body } = await visit('/login?redirect_to=/realms/keys-page/account', { realm: 'keys-page' });
    expect(body).toContain('data-from="/realms/keys-page/v1/auth/passkeys/options"');
  });
});

describe('the page of security', () => {
  it('adds a passkey in two steps, names it, and removes it', async () => {
    const user = await visitor();
    const step = await submitAs('/account/security', { form: 'begin_passkey' }, user);
    expect(step.status).toBe(200);
    const { flow, public_key } = optionsIn(step.body);
    const authenticator = await SoftwareAuthenticator.make();
    const credential = JSON.stringify(await authenticator.create(public_key));
    const added = await submitAs(
      '/account/security',
      { form: 'add_passkey', flow, credential, name: '<b>Mine</b>' },
      user,
    );
    expect(added.headers.get('location')).toBe('/account/security?done=passkey_added');
    const page = await open('/account/security', user);
    expect(page.body).toContain('&lt;b&gt;Mine&lt;/b&gt;');
    const [id = ''] = /psk_[0-9a-z]+/.exec(page.body) ?? [];

    const again = await submitAs('/account/security', { form: 'add_passkey', flow, credential }, user);
    expect(again.status).toBe(409);
    expect(again.body).toContain('in use already');
    const renamed = await submitAs(
      '/account/security',
      { form: 'rename_passkey', passkey: id, name: 'New' },
      user,
    );
    expect(renamed.headers.get('location')).toBe('/account/security?done=passkey_renamed');
    const removed = await submitAs('/account/security', { form: 'remove_passkey', passkey: id }, user);
    expect(removed.headers.get('location')).toBe('/account/security?done=passkey_removed');
    const { body } = await open('/account/security?done=passkey_removed', user);
    expect(body).toContain('data-passkeys="{&quot;rpId&quot;:&quot;auth.test&quot;');
    const gone = await submitAs('/account/security', { form: 'remove_passkey', passkey: id }, user);
    expect(gone.status).toBe(404);
    expect(gone.body).toContain('removed already');
  });
});
