import { env } from 'cloudflare:workers';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import type { OpenedSession } from '../../src/account/contract.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin } from '../support/admin.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { hook, saying } from '../support/hooks.ts';
import { codeOf, createClient, redeem } from '../support/oauth-client.ts';
import { submit, visitor } from '../support/visitor.ts';

let realms = 0;
async function realmWith(policy: Record<string, unknown> = {}): Promise<string> {
  realms += 1;
  const id = `claiming-${realms}-${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(id, policy);
  return id;
}
const refresh = (realm: string, token: string) =>
  call('POST', '/v1/auth/refresh', { realm, body: { refresh_token: token } });
const nameOf = (realm: string) => `${ORIGIN}/realms/${realm}/claims`;
/** What an access token says, as a verifier of nothing but the realm reads it. */
const saidBy = (token: string) => decodeJwt(token) as Record<string, any>;

describe('the claims that a hook gives', () => {
  it('stand in all tokens of a session, which it is asked about once', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token');
    await asking.answers({ claims: { team: 't-1', flags: ['a'] } });
    const user = await register({}, { realm });
    expect(saidBy(user.access_token)[nameOf(realm)]).toEqual({ team: 't-1', flags: ['a'] });
    // They say nothing to Latchkey, which takes the token as any.
    expect((await call('GET', '/v1/me', { realm, token: user.access_token })).status).toBe(200);
    let token = user.refresh_token;
    for (let times = 0; times < 3; times += 1) {
      const { body } = await refresh(realm, token);
      expect(saidBy(body.access_token)[nameOf(realm)]).toEqual({ team: 't-1', flags: ['a'] });
      token = body.refresh_token;
    }
    const asked = await asking.asked();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.question).toMatchObject({
      type: 'before.token',
      realm,
      data: { user_id: user.user.id, plan: 'free', role: 'user', methods: ['pwd'], client_id: null },
    });
    // Another session is asked about by itself.
    await login(user.user.email as string, PASSWORD, { realm });
    expect(await asking.asked()).toHaveLength(2);
  });

  it('are asked for again when the user has changed, and when the hook has', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token');
    await asking.answers({ claims: { n: 1 } });
    const user = await register({}, { realm });
    await asking.answers({ claims: { n: 2 } });
    const same = await refresh(realm, user.refresh_token);
    expect(saidBy(same.body.access_token)[nameOf(realm)]).toEqual({ n: 1 });
    await changeDirectory(user.user.id, { email_verified: 1 });
    const changed = await refresh(realm, same.body.refresh_token);
    expect(saidBy(changed.body.access_token)[nameOf(realm)]).toEqual({ n: 2 });
    await asking.answers({ claims: { n: 3 } });
    await asAdmin('PUT', '/hooks/before.token', {
      realm,
      body: { url: asking.variables.CLOUDEVENTS_URL, on_failure: 'refuse', namespace: 'urn:example:claims' },
    });
    const another = await refresh(realm, changed.body.refresh_token);
    expect(saidBy(another.body.access_token)['urn:example:claims']).toEqual({ n: 3 });
    await asAdmin('DELETE', '/hooks/before.token', { realm });
    const none = await refresh(realm, another.body.refresh_token);
    expect(JSON.stringify(saidBy(none.body.access_token))).not.toMatch(/claims|"n":/);
  });

  it('are asked for again when the plan lapses, of which the directory says nothing', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token');
    await asking.answers({ claims: { paid: true } });
    const { user, session_id } = await register({}, { realm });
    await asking.answers({ claims: { paid: false } });
    const { sessions, realms: all } = createServices(env);
    const session = (await accountOf(user.id).resume(session_id)) as OpenedSession;
    const said = async (plan: string) => {
      const lapsed = { ...session, generation: 2, state: { ...session.state, plan } };
      return saidBy((await sessions.grant(await all.get(realm), lapsed)).accessToken)[nameOf(realm)];
    };
    expect(await said(session.state.plan)).toEqual({ paid: true });
    expect(await said('other')).toEqual({ paid: false });
  });

  it('are kept by the object, where another isolate finds them', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token');
    await asking.answers({ claims: { n: 1 } });
    const user = await register({}, { realm });
    const elsewhere = createServices(env);
    const grant = await elsewhere.sessions.refresh(user.refresh_token, await elsewhere.realms.get(realm), {
      ...{ ip: '10.0.0.1', country: null, city: null, userAgent: null },
    });
    expect(saidBy(grant.accessToken)[nameOf(realm)]).toEqual({ n: 1 });
    expect(await asking.asked()).toHaveLength(1);
  });

  it('shadow no claim that means anything', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token');
    const hostile = {
      ...{ sub: 'usr_x', role: 'owner', aud: 'https://other.example', exp: 9e12, iss: 'x', sid: 'ses_x' },
      ...{
        client_id: 'cli_x',
        scope: 'admin',
        act: { sub: 'x' },
        amr: ['mfa'],
        acr: 'aal3',
        cnf: { jkt: 'x' },
      },
      __proto__: { role: 'owner' },
    };
    await asking.answers({ claims: hostile, role: 'owner', sub: 'usr_y' });
    const user = await register({}, { realm });
    const said = saidBy(user.access_token);
    expect(said).toMatchObject({ sub: user.user.id, role: 'user', amr: ['pwd'], client_id: 'latchkey' });
    expect(said.exp).toBeLessThan(Date.now() / 1000 + 3600);
    expect(said).not.toHaveProperty('scope');
    expect(said).not.toHaveProperty('act');
    expect(said[nameOf(realm)]).toMatchObject({ role: 'owner' });
    expect((await call('GET', '/v1/admin/users', { realm, token: user.access_token })).status).toBe(403);
    for (const namespace of ['role', 'sub', 'amr', 'claims', '__proto__', 'x y', '']) {
      const set = await asAdmin('PUT', '/hooks/before.token', {
        realm,
        body: { url: asking.variables.CLOUDEVENTS_URL, on_failure: 'allow', namespace },
      });
      expect([namespace, set.status]).toEqual([namespace, 422]);
    }
  });

  it('stand in the tokens of clients, of which the hook hears', async () => {
    const client = await createClient();
    const who = await visitor();
    const asking = await hook('default', 'before.token');
    await asking.answers({ claims: { n: 1 } });
    const answer = await redeem(client, await codeOf(client, who));
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(saidBy(answer.body.access_token)[`${ORIGIN}/claims`]).toEqual({ n: 1 });
    const [{ question }] = (await asking.asked()) as [any];
    expect(question.data).toMatchObject({ client_id: client.client_id, scope: expect.any(String) });
  });
});

describe('a hook that', () => {
  it.each([
    ['answers 500', { status: 500 }],
    ['answers rubbish', { status: 200, body: '<html>' }],
    ['answers a list', saying({ claims: ['a'] })],
    ['answers nothing of claims', saying({})],
    ['answers more than a token may carry', saying({ claims: { x: 'x'.repeat(2048) } })],
    [
      'answers more levels than anybody can write',
      { status: 200, body: `{"claims":{"a":${'['.repeat(8000)}${']'.repeat(8000)}}}` },
    ],
    [
      'answers more levels than are kept',
      { status: 200, body: `{"claims":{"a":${'['.repeat(900)}${']'.repeat(900)}}}` },
    ],
    ['answers too much', saying({ claims: { x: 'x'.repeat(1_000_000) } })],
    ['hangs', 'hang' as const],
    ['hangs up', 'drop' as const],
  ])('%s lets nobody in, or without claims, as it was said', async (_, always) => {
    const realm = await realmWith();
    const user = await register({}, { realm });
    const refusing = await hook(realm, 'before.token', { on_failure: 'refuse' });
    await refusing.plan({ always });
    const email = user.user.email as string;
    expectProblem(await login(email, PASSWORD, { realm }), 503, 'service_unavailable');
    // A refresh that could not be answered is repeated.
    expectProblem(await refresh(realm, user.refresh_token), 503, 'service_unavailable');
    await refusing.release();
    await refusing.answers({ claims: { n: 1 } });
    expect((await refresh(realm, user.refresh_token)).status).toBe(200);
    const allowing = await hook(realm, 'before.token', { on_failure: 'allow' });
    await allowing.plan({ always });
    const let_in = await login(email, PASSWORD, { realm });
    expect(let_in.status).toBe(200);
    expect(saidBy(let_in.body.access_token)).not.toHaveProperty([nameOf(realm)]);
    await allowing.release();
    await allowing.answers({ claims: { n: 2 } });
    // Nothing is remembered of a failure.
    const later = await refresh(realm, let_in.body.refresh_token);
    expect(saidBy(later.body.access_token)[nameOf(realm)]).toEqual({ n: 2 });
  });

  it('fails while somebody registers leaves an account into which they sign in later, and nothing else', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token', { on_failure: 'refuse' });
    await asking.plan({ always: { status: 500 } });
    const email = `late-${crypto.randomUUID()}@example.com`;
    const body = { email, password: PASSWORD };
    const refused = await call('POST', '/v1/auth/register', { realm, body });
    expectProblem(refused, 503, 'service_unavailable');
    expect(refused.body.detail).toBe('The account has been made: sign in later.');
    // Nothing is won by asking again: no client waits to do so.
    expect(refused.headers.get('retry-after')).toBeNull();
    expectProblem(await call('POST', '/v1/auth/register', { realm, body }), 409, 'user_exists');
    const page = await submit('/register', { ...body, email: `page-${email}` }, { realm });
    expect(page.body).toContain('Your account has been made');
    await asking.answers({ claims: { n: 1 } });
    const late = await login(email, PASSWORD, { realm });
    expect(saidBy(late.body.access_token)[nameOf(realm)]).toEqual({ n: 1 });
    // The session that nobody has got is none of theirs.
    const listed = await call<any>('GET', '/v1/me/sessions', { realm, token: late.body.access_token });
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([late.body.session_id]);
  });

  it('gives claims is forgotten with the user', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'before.token');
    await asking.answers({ claims: { secret: 'kept' } });
    const user = await registerVerified({}, { realm });
    expect((await asAdmin('DELETE', `/users/${user.user.id}`, { realm })).status).toBe(204);
    const { runInDurableObject } = await import('cloudflare:test');
    const kept = await runInDurableObject(accountOf(user.user.id), (_, { storage }) =>
      JSON.stringify([...storage.kv.list()]),
    );
    expect(kept).not.toContain('kept');
  });
});
