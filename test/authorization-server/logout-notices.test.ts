import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { SignedTokens, sendLogoutNotices } from '../../src/authorization-server/logout-service.ts';
import type { Bindings } from '../../src/config/config.ts';
import { runCron } from '../../src/cron.ts';
import type { Budget } from '../../src/lib/run-budget.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  INTERNAL,
  ORIGIN,
} from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import {
  claimsOf,
  codeOf,
  connected,
  createClient,
  type MadeClient,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { project } from '../support/projection.ts';
import { submit, type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'logout-b';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const services = createServices(env as unknown as Bindings);

let nextListener = 0;
/** A program that hears of ended sessions. */
function listener() {
  nextListener += 1;
  const uri = `http://127.0.0.1:${inject('peers').mailbox}/logouts/${nextListener}-${crypto.randomUUID()}`;
  return {
    uri,
    heard: async (): Promise<string[]> => (await fetch(uri)).json(),
    /** What it answers next. */
    answering: (...statuses: number[]) => fetch(uri, { method: 'PUT', body: JSON.stringify(statuses) }),
  };
}

const send = (budget: Budget = PLENTY, mayBeLocal = true) =>
  sendLogoutNotices(
    {
      d1: env.DB,
      tokens: new SignedTokens(services.signingKeys, services.subjects),
      origin: ORIGIN,
      mayBeLocal,
    },
    budget,
  );

/** Lets the object tell, and sends what is due. */
async function deliver(who: Visitor): Promise<void> {
  await project(who.user.user.id);
  await send();
}

/** A client that listens, with tokens of a user. */
async function listening(fields: Record<string, unknown> = {}, realm?: string) {
  const ear = listener();
  const made = await connected({ backchannel_logout_uri: ear.uri, ...fields }, {}, realm);
  return { ear, ...made };
}

const waiting = async ({ client_id }: MadeClient) =>
  env.DB.prepare('SELECT count(*) AS n FROM logout_notices WHERE client_id = ?')
    .bind(client_id)
    .first<number>('n');

beforeAll(async () => {
  await createRealm(REALM);
});

describe('a client that wants to hear', () => {
  it.each([undefined, REALM])('is told by a token of the realm %s', async (realm) => {
    const { client, ear, tokens, who } = await listening({ id_token_signed_response_alg: 'RS256' }, realm);
    await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    await deliver(who);
    const [token = '', ...more] = await ear.heard();
    expect(more).toEqual([]);
    const { sid, sub } = claimsOf(tokens.id_token);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'logout+jwt' });
    const { keys } = (await call('GET', '/.well-known/jwks.json', { realm })).body;
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), {
      issuer: realm ? `${ORIGIN}/realms/${realm}` : ORIGIN,
      audience: client.client_id,
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti'],
    });
    expect(payload).toMatchObject({ sub, sid, events: { [EVENT]: {} } });
    expect(payload).not.toHaveProperty('nonce');
    expect(await waiting(client)).toBe(0);
  });

  const ends: [string, (who: Visitor, client: MadeClient, tokens: any) => Promise<unknown>][] = [
    ['the user signs out of the browser', (who) => submit('/logout', {}, who)],
    ['another client has the user sign out', (who) => submit('/oauth2/logout', { sign_out: '1' }, who)],
    [
      'the user ends all sessions',
      ({ user }) => call('POST', '/v1/auth/logout', { token: user.access_token, body: { all: true } }),
    ],
    [
      'the user changes the password',
      ({ user }) =>
        call('PUT', '/v1/me/password', {
          token: user.access_token,
          body: { current_password: 'three lighthouses at dusk', new_password: 'four harbours before dawn' },
        }),
    ],
    ['the account is suspended', ({ user }) => changeDirectory(user.user.id, { status: 'suspended' })],
    [
      'it revokes the token itself',
      (_, { client_id }, { access_token }) => post('revoke', { token: access_token, client_id }),
    ],
  ];
  it.each(ends)('is told when %s', async (_, end) => {
    const { client, ear, tokens, who } = await listening();
    await deliver(who);
    expect(await ear.heard()).toEqual([]);
    await end(who, client, tokens);
    await deliver(who);
    expect((await ear.heard()).map((token) => claimsOf(token).sid)).toEqual([claimsOf(tokens.id_token).sid]);
  });

  it('is told when the account is deleted, of all that there was', async () => {
    const { client, ear, tokens, who } = await listening();
    const other = listener();
    const second = await createClient({ backchannel_logout_uri: other.uri });
    const { body } = await redeem(second, await codeOf(second, who));
    const path = `/v1/admin/users/${who.user.user.id}`;
    expect((await call('DELETE', path, { headers: INTERNAL })).status).toBe(204);
    advance(11_000);
    await runDurableObjectAlarm(accountOf(who.user.user.id));
    expect([await waiting(client), await waiting(second)]).toEqual([1, 1]);
    await send();
    const sids = async (of: ReturnType<typeof listener>) =>
      (await of.heard()).map((token) => claimsOf(token).sid);
    expect(await sids(ear)).toEqual([claimsOf(tokens.id_token).sid]);
    expect(await sids(other)).toEqual([claimsOf(body.id_token).sid]);
  });

  it('is told nothing that names the user to a pairwise client', async () => {
    const { client, ear, tokens, who } = await listening({ subject_type: 'pairwise' });
    await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    await deliver(who);
    const [token = ''] = await ear.heard();
    expect(claimsOf(token).sub).toBe(claimsOf(tokens.id_token).sub);
    expect(JSON.stringify(claimsOf(token))).not.toContain(who.user.user.id);
  });

  it('is told when a code comes twice', async () => {
    const ear = listener();
    const client = await createClient({ backchannel_logout_uri: ear.uri });
    const who = await visitor();
    const code = await codeOf(client, who);
    await redeem(client, code);
    await redeem(client, code);
    await deliver(who);
    expect(await ear.heard()).toHaveLength(1);
  });

  it('is not told of others, nor of what goes on', async () => {
    const first = await listening();
    const ear = listener();
    const second = await createClient({ backchannel_logout_uri: ear.uri });
    await redeem(second, await codeOf(second, first.who));
    // A client of the same user that does not listen.
    const deaf = await createClient();
    const { body } = await redeem(deaf, await codeOf(deaf, first.who));
    const stranger = await listening();
    await submit('/account/apps', { form: 'disconnect', app: second.client_id }, first.who);
    await post('revoke', { token: body.access_token, client_id: deaf.client_id });
    await deliver(first.who);
    await deliver(stranger.who);
    expect(await ear.heard()).toHaveLength(1);
    expect(await first.ear.heard()).toEqual([]);
    expect(await stranger.ear.heard()).toEqual([]);
    expect(await waiting(deaf)).toBe(0);
  });

  it('that does not want to any more hears nothing', async () => {
    const { client, ear, who } = await listening();
    const patch = { backchannel_logout_uri: null };
    const path = `/v1/admin/clients/${client.client_id}`;
    expect((await call('PATCH', path, { headers: INTERNAL, body: patch })).status).toBe(200);
    await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    await deliver(who);
    expect(await ear.heard()).toEqual([]);
    expect(await waiting(client)).toBe(0);
  });
});

describe('a notice', () => {
  const ended = async () => {
    const one = await listening();
    await submit('/account/apps', { form: 'disconnect', app: one.client.client_id }, one.who);
    await project(one.who.user.user.id);
    return one;
  };

  it('that was not taken is sent again, under the same name', async () => {
    const { client, ear } = await ended();
    await ear.answering(503, 429);
    for (const _ of [1, 2]) {
      await send();
      expect(await waiting(client)).toBe(1);
      await send();
      advance(2 * 60_000);
    }
    await send();
    const heard = await ear.heard();
    expect(heard).toHaveLength(3);
    expect(new Set(heard.map((token) => claimsOf(token).jti)).size).toBe(1);
    expect(await waiting(client)).toBe(0);
    // The last is as fresh as the first was.
    expect(claimsOf(heard[2] as string).exp * 1000).toBeGreaterThan(Date.now());
  });

  it.each([400, 404, 307])('that the client refuses by %i is not sent again', async (status) => {
    const { client, ear } = await ended();
    await ear.answering(status);
    await send();
    expect(await waiting(client)).toBe(0);
    expect(await ear.heard()).toHaveLength(1);
  });

  it('is given up in the end', async () => {
    const { client, ear } = await ended();
    await ear.answering(...Array.from({ length: 20 }, () => 500));
    for (let turn = 0; turn < 12; turn += 1) {
      await send();
      advance(2 * 3_600_000);
    }
    expect(await ear.heard()).toHaveLength(8);
    expect(await waiting(client)).toBe(0);
  });

  it('is sent once by many who send at once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, ended));
    await Promise.all(Array.from({ length: 5 }, () => send()));
    await send();
    for (const { ear } of all) expect(await ear.heard()).toHaveLength(1);
  });

  it('waits for a run that may make the calls', async () => {
    const { client, ear } = await ended();
    await send({ take: () => false });
    expect(await waiting(client)).toBe(1);
    await runCron(services, '* * * * *', Date.now());
    expect(await ear.heard()).toHaveLength(1);
  });

  it('goes to no address of a machine or a network of its own where others could have named it', async () => {
    const { client, ear } = await ended();
    await send(PLENTY, false);
    expect(await ear.heard()).toEqual([]);
    expect(await waiting(client)).toBe(0);
    for (const host of [
      '10.0.0.1',
      '169.254.169.254',
      '[::1]',
      '[fd00::1]',
      '2130706433',
      'localhost',
      'intranet',
      'db.internal',
      'printer.local',
      'x.localhost.',
    ]) {
      const body = {
        name: 'x',
        redirect_uris: ['https://x.example/'],
        backchannel_logout_uri: `https://${host}/out`,
      };
      expectProblem(
        await call('POST', '/v1/admin/clients', { headers: INTERNAL, body }),
        422,
        'validation_failed',
      );
    }
  });
});
