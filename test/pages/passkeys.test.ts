import { describe, expect, it } from 'vitest';
import { call, createRealm, ORIGIN, PASSWORD, registerVerified } from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { cookiesOf, submit, visit } from '../support/pages.ts';
import { makeUnasked, withPasskey } from '../support/passkeys.ts';
import { ageProofs } from '../support/stale-proof.ts';
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

describe('the pages of an account', () => {
  const asks = async (who: Parameters<typeof open>[1], path = '/account') =>
    (await open(path, who)).body.includes('data-make-passkey="/v1/me/passkeys"');

  it('have the browser make a passkey after a sign-in by password, for five minutes', async () => {
    const who = await visitor();
    for (const path of ['/account', '/account/security', '/account/usage']) {
      expect(await asks(who, path)).toBe(true);
    }
    await ageProofs(who.user.user.id, 5 * 60_000);
    expect(await asks(who)).toBe(false);
  });

  it('do not for who has one, has no proven address, or did not sign in by password', async () => {
    expect(await asks(await visitor({}, { verified: false }))).toBe(false);
    const { authenticator } = await withPasskey();
    const { flow, public_key, cookie } = await begun();
    const credential = JSON.stringify(await authenticator.get(public_key));
    const signedIn = await submit('/login/passkey', { flow, credential }, { headers: { cookie } });
    expect(await asks({ cookie: cookiesOf(signedIn) })).toBe(false);
    await call('POST', '/v1/auth/reauthenticate', {
      headers: { cookie: cookiesOf(signedIn), origin: ORIGIN },
      body: { password: PASSWORD },
    });
    expect(await asks({ cookie: cookiesOf(signedIn) })).toBe(false);
  });

  it('have a passkey count as a factor, once its user has used it there', async () => {
    const who = await visitor();
    const { authenticator, id } = await makeUnasked(who.user.access_token);
    expect((await open('/account/security', who)).body).toContain('is no second step');
    const step = await submitAs('/account/security', { form: 'begin_confirming', passkey: id }, who);
    const { flow, public_key } = optionsIn(step.body);
    expect(public_key.allowCredentials).toMatchObject([{ id: authenticator.credentialId }]);
    const credential = JSON.stringify(await authenticator.get(public_key));
    const sent = { form: 'confirm_passkey', passkey: id, flow, credential };
    const confirmed = await submitAs('/account/security', sent, who);
    expect(confirmed.headers.get('location')).toBe('/account/security?done=passkey_confirmed');
    expect((await open('/account/security', who)).body).not.toContain('is no second step');
    const gone = await submitAs('/account/security', { form: 'begin_confirming', passkey: 'psk_none' }, who);
    expect([gone.status, gone.body]).toEqual([404, expect.stringContaining('removed already')]);
  });

  it('ask for the password where a passkey shall count in a session that it has opened', async () => {
    const { access_token: token } = await registerVerified();
    const { authenticator } = await makeUnasked(token);
    const { flow, public_key, cookie } = await begun();
    const credential = JSON.stringify(await authenticator.get(public_key));
    const signedIn = await submit('/login/passkey', { flow, credential }, { headers: { cookie } });
    const page = await open('/account/security', { cookie: cookiesOf(signedIn) });
    expect(page.body).toContain('sign in with your password first');
    expect(page.body).not.toContain('begin_confirming');
  });
});

describe('the page of signing in', () => {
  it('has the script of passkeys, from one address, and no other page has it', async () => {
    const page = await visit('/login');
    const [kit, src] = [...page.body.matchAll(/<script type="module" src="([^"]*)"/g)].map(([, at]) => at);
    expect(kit).toMatch(/^\/pages\/kit\.[0-9a-f]{12}\.js$/);
    expect(src).toMatch(/^\/pages\/passkeys\.[0-9a-f]{12}\.js$/);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain(`script-src ${ORIGIN}${kit} ${ORIGIN}${src}; connect-src 'self';`);
    expect(page.body).toContain('autocomplete="username webauthn"');
    for (const path of ['/register', '/login/code', '/login/link', '/forgot-password']) {
      expect((await visit(path)).headers.get('content-security-policy')).toContain(
        `script-src ${ORIGIN}${kit}; form-action`,
      );
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
