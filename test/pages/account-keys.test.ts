import { describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, createRealm, expectProblem, PASSWORD } from '../support/api.ts';
import { foundedBy, join } from '../support/organizations.ts';
import { authorizeBy } from '../support/product-keys.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { expectLedTo, expectPage, open, submit, type Visitor, visitor } from '../support/visitor.ts';

const PAGE = '/account/api-keys';
const FORM = {
  form: 'key',
  key_name: 'Nightly <export>',
  key_expires: '',
  key_credits: '500',
  key_rate: '60',
  key_scopes: 'images:write  images:read',
};

const keyIn = (body: string) => />(lk[uo]_[0-9a-z]{26}_[\w-]{49})</.exec(body)?.[1] ?? '';
const memberOf = ({ user, realm }: Visitor) => ({
  id: user.user.id,
  email: user.user.email,
  token: user.access_token,
  realm,
});
const idOf = async (token: string) =>
  (await call('GET', '/v1/me/api-keys', { token })).body.data[0].id as string;

describe('the page of API keys', () => {
  it('makes a key, shows it once with a button that copies it, and revokes it', async () => {
    const user = await visitor();
    const made = await submit(PAGE, FORM, user);
    expectPage(made);
    const key = keyIn(made.body);
    expect(made.body).toContain(`data-copy="${key}"`);
    expect(made.body).toContain('Copy the key now');
    const { body } = await call('GET', '/v1/me/api-keys', { token: user.user.access_token });
    expect(body.data).toMatchObject([
      {
        name: 'Nightly <export>',
        scopes: ['images:write', 'images:read'],
        caps: { credits: { month: 500 }, resources: {} },
        requests_per_minute: 60,
        expires_at: null,
      },
    ]);
    expect((await authorizeBy(key, { scope: 'images:read', resource: 'images' })).body.allowed).toBe(true);
    const again = await open(PAGE, user);
    expectPage(again);
    expect(again.body).not.toContain(key.slice(-30));
    expect(again.body).toContain('Nightly &lt;export&gt;');
    expect(again.body).toContain('Used this month: 1 ');
    const german = await open(PAGE, user, { 'accept-language': 'de' });
    expect(german.body).toContain('Neuer Schlüssel');
    const { id } = body.data[0];
    expect((await open(`${PAGE}?dialog=revoke-${id}`, user)).body).toContain('This cannot be undone');
    const revoke = { form: 'revoke_key', key: id };
    expectLedTo(await submit(PAGE, revoke, user), `${PAGE}?done=key_revoked`);
    expect((await open(`${PAGE}?done=key_revoked`, user)).body).toContain('The key is revoked.');
    expect((await authorizeBy(key)).body.reason).toBe('invalid_token');
    const gone = await submit(PAGE, revoke, user);
    expectPage(gone, 404);
    expect(gone.body).toContain('There is no such key');
  });

  it('says what is wrong at the field', async () => {
    const user = await visitor();
    for (const [name, value] of [
      ['key_name', ''],
      ['key_expires', '2020-01-01'],
      ['key_expires', 'soon'],
      ['key_credits', 'many'],
      ['key_credits', '-1'],
      ['key_rate', '1.5'],
      ['key_scopes', 'a,b'],
    ] as const) {
      const refused = await submit(PAGE, { ...FORM, [name]: value }, user);
      expectPage(refused, 422);
      expect(refused.body, name).toContain(`href="#${name}"`);
      expect(keyIn(refused.body)).toBe('');
    }
    expect((await call('GET', '/v1/me/api-keys', { token: user.user.access_token })).body.data).toEqual([]);
  });

  it('is for a proven address, in person, with a fresh proof, sent from there', async () => {
    const unproven = await visitor({}, { verified: false });
    expect((await open(PAGE, unproven)).body).toContain('<fieldset disabled');
    expectPage(await submit(PAGE, FORM, unproven), 403);
    expectLedTo(await submit(PAGE, FORM), `/login?${new URLSearchParams({ redirect_to: PAGE })}`);
    const user = await visitor();
    const elsewhere = await submit(PAGE, FORM, user, { origin: 'https://evil.example' });
    expectProblem(elsewhere as never, 403, 'origin_not_allowed');
    await ageProofs(user.user.user.id, 11 * 60_000);
    const asked = await submit(PAGE, FORM, user);
    expect(asked.body).toContain('proof.password');
    expect(keyIn(asked.body)).toBe('');
    const proof = { 'proof.way': 'password', 'proof.password': PASSWORD };
    expect(keyIn((await submit(PAGE, { ...FORM, ...proof }, user)).body)).not.toBe('');
    const other = await visitor();
    const id = await idOf(user.user.access_token);
    expectPage(await submit(PAGE, { form: 'revoke_key', key: id }, other), 404);
  });

  it('is of its realm, which may have none', async () => {
    const realm = `keys-page-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const user = await visitor({}, { realm });
    const key = keyIn((await submit(PAGE, { ...FORM, key_scopes: '' }, user)).body);
    expect((await authorizeBy(key, {}, realm)).body.allowed).toBe(true);
    expect((await open('/account', user)).body).toContain(`href="/realms/${realm}/account/api-keys"`);
    const none = await asAdmin('PATCH', `/realms/${realm}`, { body: { own_api_keys: 0 } });
    expect(none.body).toMatchObject({ own_api_keys: 0 });
    expect((await open('/account', user)).body).not.toContain('api-keys');
    // What there is can be revoked.
    const page = await open(PAGE, user);
    expect(page.body).toContain('Revoke');
    expect(page.body).not.toContain('name="key_name"');
  });
});

describe('the panel of keys of an organization', () => {
  it('is for who may manage keys', async () => {
    const [owner, member] = [await visitor(), await visitor()];
    const id = await foundedBy(memberOf(owner));
    await join(id, memberOf(owner), 'member', memberOf(member));
    const page = `/account/organizations/${id}`;
    const made = await submit(page, { ...FORM, key_scopes: '' }, owner);
    expectPage(made);
    const key = keyIn(made.body);
    expect(key).toMatch(/^lko_/);
    // Its forms lead where they lead on the page itself: to pay, too.
    const policy = made.headers.get('content-security-policy');
    expect(policy).toContain('https://checkout.stripe.com');
    expect(policy).toBe((await open(page, owner)).headers.get('content-security-policy'));
    expect((await authorizeBy(key)).body).toMatchObject({ allowed: true, organization_id: id });
    expect((await open(page, owner)).body).toContain('at the cost of the organization');
    expect((await open(page, member)).body).not.toContain('at the cost of the organization');
    expectPage(await submit(page, FORM, member), 403);
    const { body } = await call('GET', `/v1/organizations/${id}/api-keys`, {
      token: owner.user.access_token,
    });
    const revoke = { form: 'revoke_key', key: body.data[0].id };
    expectPage(await submit(page, revoke, member), 403);
    const wrong = await submit(page, { ...FORM, key_name: '' }, owner);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('href="#key_name"');
    expectLedTo(await submit(page, revoke, owner), `${page}?done=key_revoked`);
    expect((await open(`${page}?done=key_revoked`, owner)).body).toContain('The key is revoked.');
    expect((await authorizeBy(key)).body.reason).toBe('invalid_token');
  });
});
