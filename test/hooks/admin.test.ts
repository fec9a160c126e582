import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { HookAdmin } from '../../src/hooks/admin-service.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import { call, createRealm, expectProblem, register } from '../support/api.ts';
import { hook, saying } from '../support/hooks.ts';

let realms = 0;
async function realmWith(): Promise<string> {
  realms += 1;
  const id = `hooked-${realms}-${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(id);
  return id;
}
const URL_ = 'https://hooks.example.com/signups?key=of-the-receiver';
const NAME = '/hooks/before.registration';
const BODY = { url: URL_, on_failure: 'refuse' };

describe('an operator', () => {
  it('sets a hook, sees its secret once, changes it, gives it another secret, and deletes it', async () => {
    const realm = await realmWith();
    const made = await asAdmin('PUT', NAME, { realm, body: BODY });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'before.registration', ...BODY, binding: null, namespace: null });
    expect(made.body.secret).toMatch(/^whsec_/);
    const again = await asAdmin('PUT', NAME, { realm, body: { ...BODY, on_failure: 'allow' } });
    expect([again.status, again.body.secret, again.body.on_failure]).toEqual([200, null, 'allow']);
    expect(again.body.public_keys).toEqual(made.body.public_keys);
    const renewed = await asAdmin('PUT', NAME, { realm, body: { ...BODY, new_secret: true } });
    expect(renewed.body.secret).toMatch(/^whsec_/);
    expect(renewed.body.public_keys).toEqual([expect.any(String), made.body.public_keys[0]]);
    const list = await asAdmin('GET', '/hooks', { realm });
    expect(list.body).toMatchObject({ total: 1, data: [{ name: 'before.registration' }] });
    expect(JSON.stringify(list.body)).not.toContain('whsec_');
    expect((await asAdmin('DELETE', NAME, { realm })).status).toBe(204);
    expectProblem(await asAdmin('DELETE', NAME, { realm }), 404, 'hook_not_found');
    const audit = (await auditOf('before.registration')).filter(({ realm_id }) => realm_id === realm);
    expect(audit.map(({ action }) => action)).toEqual(['hook_set', 'hook_set', 'hook_set', 'hook_deleted']);
    expect(JSON.stringify(audit)).not.toMatch(/whsec_|of-the-receiver/);
    const row = await env.DB.prepare('SELECT count(*) AS n FROM hooks WHERE realm_id = ?')
      .bind(realm)
      .first();
    expect(row).toEqual({ n: 0 });
  });

  it('of another realm neither sees nor tries nor deletes it; a user does not either', async () => {
    const [realm, other] = [await realmWith(), await realmWith()];
    await hook(realm, 'before.registration', { on_failure: 'allow' });
    expect((await asAdmin('GET', '/hooks', { realm: other })).body.data).toEqual([]);
    expectProblem(await asAdmin('POST', `${NAME}/test`, { realm: other }), 404, 'hook_not_found');
    expectProblem(await asAdmin('DELETE', NAME, { realm: other }), 404, 'hook_not_found');
    const admin = await registerRole('admin', realm);
    expect((await asAdmin('GET', '/hooks', { realm, token: admin.access_token })).status).toBe(200);
    expect((await asAdmin('GET', '/hooks', { realm: other, token: admin.access_token })).status).toBe(401);
    const user = await register({}, { realm: other });
    for (const [method, path, body] of [
      ['GET', '/hooks'],
      ['PUT', NAME, BODY],
      ['POST', `${NAME}/test`],
      ['DELETE', NAME],
    ] as const) {
      const answer = await asAdmin(method, path, { realm: other, token: user.access_token, body });
      expectProblem(answer, 403, 'insufficient_scope');
    }
  });

  it('who is no owner sets none that gets messages, with whose links they could become one', async () => {
    const realm = await realmWith();
    const { access_token: token } = await registerRole('admin', realm);
    const key = await asAdmin('POST', '/api-keys', { realm, body: { name: 'Deploys', scopes: ['admin'] } });
    const byKey = (method: string, path: string, body?: object) =>
      call<any>(method, `/v1/admin${path}`, {
        realm,
        body,
        headers: { 'x-api-key': key.body.key },
      });
    for (const name of ['/hooks/send.mail', '/hooks/send.sms']) {
      expect((await asAdmin('PUT', name, { realm, body: BODY })).status).toBe(201);
      for (const method of ['PUT', 'DELETE']) {
        const body = method === 'PUT' ? BODY : undefined;
        expectProblem(await asAdmin(method, name, { realm, body, token }), 403, 'insufficient_scope');
        expectProblem(await byKey(method, name, body), 403, 'insufficient_scope');
      }
      expect((await asAdmin('DELETE', name, { realm })).status).toBe(204);
    }
    expect((await byKey('PUT', NAME, BODY)).status).toBe(201);
    expect((await asAdmin('PUT', NAME, { realm, body: BODY, token })).status).toBe(200);
  });

  it.each([
    [{ url: 'http://hooks.example.com/' }],
    [{ url: 'https://10.0.0.1/' }],
    [{ url: 'https://169.254.169.254/latest/meta-data' }],
    [{ url: 'https://user:password@hooks.example.com/' }],
    [{ url: undefined, binding: 'DB' }],
    [{ url: undefined, binding: 'AVATARS' }],
    [{ url: undefined, binding: 'ASSETS' }],
    [{ url: undefined, binding: 'HOOK_NOBODY' }],
    [{ url: undefined, binding: 'hook_receiver' }],
    [{ url: undefined }],
    [{ binding: 'HOOK_RECEIVER' }],
    [{ namespace: 'https://example.com/claims' }],
    [{ on_failure: undefined }],
    [{ on_failure: 'maybe' }],
    [{ role: 'owner' }],
  ])('cannot set %j', async (change) => {
    const realm = await realmWith();
    expectProblem(
      await asAdmin('PUT', NAME, { realm, body: { ...BODY, ...change } }),
      422,
      'validation_failed',
    );
  });

  it('cannot set one of a name that there is not', async () => {
    expectProblem(await asAdmin('PUT', '/hooks/before.everything', { body: BODY }), 422, 'validation_failed');
  });

  it('tries a hook, and sees what came of it', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.registration');
    await asking.plan({ next: [saying({ allow: true }), { status: 500 }, 'hang'] });
    const tried = async () => (await asAdmin('POST', `${NAME}/test`, { realm })).body;
    expect(await tried()).toMatchObject({ ok: true, status: 200, error: null, answer: '{"allow":true}' });
    expect(await tried()).toMatchObject({ ok: false, status: 500, error: 'it answered 500' });
    expect(await tried()).toMatchObject({ ok: false, status: null, error: 'no answer within 1 seconds' });
    const [{ question }] = (await asking.asked()) as [any];
    expect(question).toMatchObject({ test: true, type: 'before.registration' });
  });
});

it('a Worker that is bound for a realm is asked by no other, and one for none is lent by an owner', async () => {
  const [realm, other] = [await realmWith(), await realmWith()];
  const own = (id: string) => `HOOK_SIGNUPS__${id.toUpperCase().replaceAll('-', '_')}`;
  const admin = new HookAdmin({
    control: env.DB,
    keys: [Buffer.alloc(32)] as never,
    mayBeLocal: false,
    resolve: async () => [],
    binding: () => ({ fetch: async () => new Response() }) as never,
    realms: { forget: () => {} },
  });
  const set = (binding: string, role: 'admin' | 'owner', of = realm) =>
    admin.set(of, 'before.token', { binding, on_failure: 'allow', new_secret: false }, { id: 'cli', role });
  for (const binding of ['HOOK_SIGNUPS', own(other), 'HOOK_OTHER__DEFAULT', `${own(realm)}_2`]) {
    await expect(set(binding, 'admin')).rejects.toThrow('insufficient_scope');
  }
  await expect(set(own(other), 'owner')).rejects.toThrow('validation_failed');
  await expect(set(own(realm), 'admin', 'default')).rejects.toThrow('insufficient_scope');
  expect((await set(own(realm), 'admin')).row.binding).toBe(own(realm));
  expect((await set('HOOK_SIGNUPS', 'owner')).row.binding).toBe('HOOK_SIGNUPS');
  // By the API as well, before it is said whether there is such a Worker.
  const { access_token: token } = await registerRole('admin', realm);
  for (const binding of ['HOOK_RECEIVER', 'HOOK_NOBODY']) {
    const body = { binding, on_failure: 'allow' };
    expectProblem(await asAdmin('PUT', NAME, { realm, body, token }), 403, 'insufficient_scope');
  }
});

it('an address that leads to this machine is not asked in production, whatever its name', async () => {
  const realm = await realmWith();
  const admin = new HookAdmin({
    control: env.DB,
    keys: [Buffer.alloc(32)] as never,
    mayBeLocal: false,
    resolve: async (name) => (name === 'rebound.example' ? ['127.0.0.1'] : ['93.184.216.34']),
    binding: () => null,
    realms: { forget: () => {} },
  });
  const set = (url: string) =>
    admin.set(
      realm,
      'before.token',
      { url, on_failure: 'allow', new_secret: false },
      { id: 'cli', role: 'owner' },
    );
  await expect(set('https://rebound.example/')).rejects.toThrow('validation_failed');
  await expect(set('https://localhost/')).rejects.toThrow('validation_failed');
  await set('https://fine.example/');
  // It was in order when it was set: what it leads to now decides.
  const { callHook } = await import('../../src/hooks/call.ts');
  const [{ row }] = (await admin.list(realm)) as [any];
  const asked = callHook(
    {
      keys: [Buffer.alloc(32)] as never,
      mayBeLocal: false,
      resolve: async () => ['10.1.2.3'],
      binding: () => null,
    },
    realm,
    { ...row, url: 'https://moved.example/' },
    { type: 'before.token', data: {} },
  );
  await expect(asked).rejects.toThrow('the address is not of the public Internet');
});
