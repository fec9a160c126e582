import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { KnownDevices } from '../../src/account/known-devices.ts';
import { PastSessions } from '../../src/account/past-sessions.ts';
import type { Client } from '../../src/lib/client.ts';
import { describeDevice } from '../../src/lib/device.ts';
import { accountOf, call, INTERNAL, login, registerVerified } from '../support/api.ts';
import { changePlan, meteredUser, termsOf } from '../support/metering.ts';
import {
  asking,
  authorize,
  backIn,
  CALLBACK,
  claimsOf,
  codeOf,
  connected,
  createClient,
  decide,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { CLIENT } from '../support/object-scene.ts';
import { makeOld } from '../support/old-object.ts';
import { foundedBy, type TestMember } from '../support/organizations.ts';
import { project } from '../support/projection.ts';
import { visitor } from '../support/visitor.ts';

const service = (path: string, body: object) => call('POST', path, { headers: INTERNAL, body });
const inD1 = async (sql: string, ...values: unknown[]) =>
  (
    await env.DB.prepare(sql)
      .bind(...values)
      .all<any>()
  ).results;

/** A user whose object is as version 0.2.0 left it, a second before it would have told of the last uses. */
async function oldUser() {
  const { user, access_token: token, refresh_token, session_id } = await registerVerified();
  const { id } = user;
  await service('/v1/credits/add', { user_id: id, amount: 10, reference: 'given' });
  await project(id);
  const now = Date.now();
  const date = new Date(now).toISOString().slice(0, 10);
  await runInDurableObject(accountOf(id), (_, { storage }) => {
    const { sql } = storage;
    makeOld(storage);
    const fact = (kind: string, data: object) =>
      sql.exec('INSERT INTO facts (at, kind, data) VALUES (?, ?, ?)', now, kind, JSON.stringify(data));
    for (let n = 0; n < 20; n += 1) fact('credit', {});
    sql.exec('DELETE FROM facts');
    fact('session', { row: {}, endReason: null });
    fact('activity', { realmId: 'default', type: 'signed_in', sessionId: 'ses_old', client: null });
    const usage = (quantity: number, reference: string | null) => ({
      ...{ resource: 'images', quantity, at: now, date, day: 0, month: 0, reference },
    });
    fact('usage', usage(2, 'second'));
    fact('usage', usage(1, null));
    const tokens = { model: 'small', inputTokens: 3, outputTokens: 4, requestId: 'call' };
    const day = { date, model: 'small', input_tokens: 3, output_tokens: 4, requests: 1 };
    fact('tokens', { ...tokens, day, usage: { ...usage(7, 'call'), resource: 'tokens' } });
    fact('mail', {
      template: 'quota_warning',
      data: { name: null, resource: 'images', percent: 80, resets_at: '' },
    });
    sql.exec('INSERT INTO quota_days VALUES (?, ?, 8), (?, ?, 7)', 'images', date, 'tokens', date);
    sql.exec('INSERT INTO token_days VALUES (?, ?, 3, 4, 1)', date, 'small');
    const request = (kind: string, reference: string, parameters: object) =>
      sql.exec(
        'INSERT INTO requests (kind, reference, at, parameters, result) VALUES (?, ?, ?, ?, ?)',
        ...[kind, reference, now, JSON.stringify(parameters)],
        JSON.stringify({ result: 'ok', quota: null, of: reference }),
      );
    request('consume', 'first', { resource: 'images', quantity: 5 });
    // Once a reference could stand for one of each kind.
    request('authorize', 'first', { use: null, credits: 1 });
    request('consume', 'second', { resource: 'images', quantity: 2 });
    request('tokens', 'call', { model: 'small', inputTokens: 3, outputTokens: 4 });
    sql.exec(
      `INSERT INTO reservations (reference, resource, quantity, asked, day, at, expires_at, status)
       VALUES ('held', 'images', 1, 1, ?, ?, ?, 'held')`,
      ...[date, now, now + 600_000],
    );
  });
  // What D1 had of it: the first use, and the entries of the log.
  const of = (table: string, columns: string) =>
    env.DB.prepare(`INSERT INTO ${table} VALUES (${columns.replace(/[^,]+/g, '?')})`);
  await env.DB.batch([
    of('past_uses', 'u,s,a,r,q,ref').bind(id, 7, now, 'images', 5, 'first'),
    of('past_uses', 'u,s,a,r,q,ref').bind(id, 6, now - 1000, 'videos', 1, null),
    of('past_token_uses', 'u,s,a,m,i,o,r').bind(id, 5, now - 1000, 'large', 1, 2, null),
    of('past_usage_days', 'u,d,r,realm,s,q').bind(id, '2026-01-02', 'images', 'default', 1, 4),
    of('past_token_days', 'u,d,m,realm,s,i,o,r').bind(id, '2026-01-02', 'large', 'default', 1, 1, 2, 1),
    env.DB.prepare(`INSERT INTO usage_monthly VALUES (?1, ?2, 'images', 'default', 7, 5)`).bind(
      id,
      date.slice(0, 7),
    ),
    env.DB.prepare(
      `INSERT INTO past_sessions (id, user_id, seq, created_at, last_seen_at, expires_at, methods, ended_at, end_reason)
       VALUES ('ses_older', ?1, 1, 1, 1, 1, '[]', 1, 'signed_out')`,
    ).bind(id),
    env.DB.prepare(
      `INSERT INTO past_sessions (id, user_id, seq, created_at, last_seen_at, expires_at, methods)
       VALUES (?, ?, 1, 1, 1, ?, '[]')`,
    ).bind(session_id, id, now + 1_000_000),
    env.DB.prepare('UPDATE users SET has_past = 1 WHERE id = ?').bind(id),
  ]);
  await evictDurableObject(accountOf(id));
  return { id, token, refresh_token, session_id, date, email: user.email };
}

it('an object of an earlier version loses nothing, and counts nothing twice', async () => {
  const before = await inD1(
    "SELECT date, resource, quantity FROM realm_usage_daily WHERE realm_id = 'default'",
  );
  const { id, token, refresh_token, session_id, date, email } = await oldUser();
  // Its sessions live on.
  expect((await call('GET', '/v1/auth/session', { token })).body).toMatchObject({ session_id });
  const refreshed = (await call('POST', '/v1/auth/refresh', { body: { refresh_token } })).body;
  expect(refreshed.session_id).toBe(session_id);
  // What was asked for is known.
  const use = (reference: string, quantity: number) =>
    service('/v1/usage', { user_id: id, resource: 'images', quantity, reference });
  expect((await use('first', 6)).status).toBe(409);
  expect((await use('second', 3)).status).toBe(409);
  expect((await use('held', 1)).status).toBe(409);
  const held = await service('/v1/usage/reservations/held/commit', { user_id: id });
  expect(held.body.quota).toMatchObject({ used: 9 });
  expect((await login(email)).status).toBe(200);

  await project(id);
  await project(id);
  const { body: usage } = await call('GET', '/v1/me/usage?days=365', { token });
  expect(usage.totals).toMatchObject({ images: 9 + 4, tokens: 7 });
  const { body: history } = await call('GET', '/v1/me/usage/history', { token });
  expect(
    history.data.map(({ resource, quantity, reference }: any) => [resource, quantity, reference]),
  ).toEqual([
    ['images', 1, 'held'],
    ['images', 1, null],
    ['images', 2, 'second'],
    ['images', 5, 'first'],
    ['videos', 1, null],
  ]);
  const { body: tokens } = await call('GET', '/v1/me/tokens/history', { token });
  expect(tokens.data.map(({ model, request_id }: any) => [model, request_id])).toEqual([
    ['small', 'call'],
    ['large', null],
  ]);
  const { body: activity } = await call('GET', '/v1/me/activity', { token });
  expect(activity.data.map(({ type }: any) => type)).toEqual(['signed_in', 'signed_in', 'registered']);
  const { body: exported } = await call('GET', '/v1/me/export', { token });
  const sessions = exported.sessions.map(({ id: of }: any) => of);
  expect(sessions).toContain('ses_older');
  expect(sessions.filter((of: string) => of === session_id)).toHaveLength(1);
  expect(
    await runInDurableObject(accountOf(id), (_, { storage }) => storage.kv.get('due') ?? {}),
  ).not.toHaveProperty('project');

  // The realm has what it had not heard of: 2 + 1 + 1 images, and the tokens.
  const was = new Map(before.map((row) => [`${row.date} ${row.resource}`, row.quantity]));
  const after = await inD1(
    "SELECT date, resource, quantity FROM realm_usage_daily WHERE realm_id = 'default'",
  );
  const risen = after.map((row) => [
    row.resource,
    row.quantity - (was.get(`${row.date} ${row.resource}`) ?? 0),
  ]);
  expect(Object.fromEntries(risen)).toMatchObject({ images: 4, tokens: 7 });
  const monthly =
    'SELECT resource, quantity FROM usage_monthly WHERE user_id = ? AND month = ? ORDER BY resource';
  expect(await inD1(monthly, id, date.slice(0, 7))).toEqual([
    { resource: 'images', quantity: 9 },
    { resource: 'tokens', quantity: 7 },
  ]);
  for (const table of [
    'past_uses',
    'past_token_uses',
    'past_usage_days',
    'past_token_days',
    'past_sessions',
  ]) {
    expect(await inD1(`SELECT * FROM ${table} WHERE user_id = ?`, id), table).toEqual([]);
  }
  expect(await inD1('SELECT has_past FROM users WHERE id = ?', id)).toEqual([{ has_past: 0 }]);
  const log = await inD1('SELECT seq, type FROM activity WHERE user_id = ? ORDER BY seq', id);
  expect(log.map(({ type }) => type)).toEqual(['registered', 'signed_in', 'signed_in']);
  expect(log.at(-2)?.seq).toBeGreaterThan(20);
});

/** Gives an object the tables of a version that knew less of clients. */
async function withTables(userId: string, tables: 2 | 3 | 5): Promise<void> {
  await runInDurableObject(accountOf(userId), (_, { storage: { kv, sql } }) => {
    const lost = [
      'organization',
      ...(tables < 5 ? ['key_thumbprint', 'hears_of_end'] : []),
      ...(tables < 3 ? ['client_id', 'scope', 'audience'] : []),
    ];
    for (const column of lost) sql.exec(`ALTER TABLE sessions DROP COLUMN ${column}`);
    if (tables < 3) {
      PastSessions.createTable(sql);
      for (const column of ['client_id', 'scope'])
        sql.exec(`ALTER TABLE past_sessions DROP COLUMN ${column}`);
    }
    // They were by client, and the first of them said nothing of where.
    const consents = (kv.get<any[]>('consents') ?? []).map(({ clientId, scopes, resources, at }) => [
      clientId,
      { scopes, at, ...(tables === 5 && { resources }) },
    ]);
    kv.put('client_consents', Object.fromEntries(consents));
    kv.delete('consents');
    kv.put('state', { ...kv.get<any>('state'), tables });
  });
  await evictDurableObject(accountOf(userId));
}

it('an object that knew no keys of clients keeps what they have, and what was allowed', async () => {
  const { client, tokens, who } = await connected();
  await withTables(who.user.user.id, 3);
  const form = { grant_type: 'refresh_token', client_id: client.client_id };
  const { body, status } = await post('token', { ...form, refresh_token: tokens.refresh_token });
  expect(status, JSON.stringify(body)).toBe(200);
  expect((await call('GET', '/oauth2/userinfo', { token: body.access_token })).status).toBe(200);
  expect(backIn(await authorize(asking(client, pkce().challenge), who)).code).toBeDefined();
});

it('an object that knew no grants for an organization goes on, and has them', async () => {
  const { client, tokens, who } = await connected();
  const { id: userId } = who.user.user;
  await withTables(userId, 5);
  const form = { grant_type: 'refresh_token', client_id: client.client_id };
  const { body, status } = await post('token', { ...form, refresh_token: tokens.refresh_token });
  expect(status, JSON.stringify(body)).toBe(200);
  const organization_id = await foundedBy({ id: userId, token: who.user.access_token } as TestMember);
  const { challenge, verifier } = pkce();
  const silent = (more = {}) => authorize(asking(client, challenge, { prompt: 'none', ...more }), who);
  // What was allowed then was for the user alone.
  expect(backIn(await silent()).code).toBeDefined();
  expect(backIn(await silent({ organization_id })).error).toBe('consent_required');
  const search = asking(client, challenge, { organization_id });
  const { code = '' } = backIn(await decide(search, who));
  const redeemed = await redeem(client, { code, verifier, redirectUri: CALLBACK });
  expect(claimsOf(redeemed.body.access_token)).toMatchObject({ org_id: organization_id, org_role: 'owner' });
});

it('a Worker of the version before ends what one client has, and nothing of any other', async () => {
  const { client, who } = await connected();
  const other = await createClient();
  const { challenge } = pkce();
  await decide(asking(other, challenge), who);
  const object = accountOf(who.user.user.id);
  const clients = async () => (await object.consents()).map(({ clientId }) => clientId);
  expect(await clients()).toEqual([client.client_id, other.client_id]);
  expect(await object.disconnectClient(client.client_id as never, CLIENT)).toBe(true);
  expect(await clients()).toEqual([other.client_id]);
  const { data } = (await call('GET', '/v1/me/sessions', { token: who.user.access_token })).body;
  expect(data.filter((one: any) => one.client_id === client.client_id)).toEqual([]);
});

it('an object of version 5 that has no table of sessions yet goes on', async () => {
  const { user, access_token: token } = await registerVerified();
  await runInDurableObject(accountOf(user.id), (_, { storage: { kv } }) =>
    kv.put('state', { ...kv.get<any>('state'), tables: 5 }),
  );
  await evictDurableObject(accountOf(user.id));
  expect((await call('GET', '/v1/auth/session', { token })).status).toBe(200);
  expect((await login(user.email)).status).toBe(200);
});

it('an object that knew no clients lets them in', async () => {
  const who = await visitor();
  await withTables(who.user.user.id, 2);
  expect((await call('GET', '/v1/auth/session', { token: who.user.access_token })).status).toBe(200);
  const client = await createClient();
  const { body } = await redeem(client, await codeOf(client, who));
  expect((await call('GET', '/oauth2/userinfo', { token: body.access_token })).status).toBe(200);
});

it('an object that kept the kinds of devices and their cookies apart knows both', async () => {
  const { user } = await registerVerified();
  await runInDurableObject(accountOf(user.id), (_, { storage: { kv } }) => {
    const client = { ip: '10.1.1.1', country: null, city: null, userAgent: null } as Client;
    kv.put('devices', [`${describeDevice(null)}|null`]);
    kv.put('device_cookies', { once: ['once'], again: ['again'] });
    const devices = new KnownDevices(kv, () => null);
    expect([devices.has('once'), devices.has('again'), devices.has('other')]).toEqual([true, true, false]);
    expect(devices.note(client)).toBe(false);
    expect(kv.get('devices')).toBeDefined();
    expect(devices.note({ ...client, country: 'DE', device: 'once' })).toBe(true);
    expect([kv.get('devices'), kv.get('device_cookies')]).toEqual([undefined, undefined]);
    expect(kv.get('known_devices')).toMatchObject({ once: [], again: ['again', 'once'] });
    devices.forgetCookies();
    expect(devices.has('again')).toBe(false);
    expect(devices.note({ ...client, country: 'DE' })).toBe(false);
  });
});

it('an object without meters goes on, and bills by them', async () => {
  const id = await meteredUser();
  const plan = { limits: { images: { day: 3 } }, overage: { images: { meter: 'images_beyond' } } };
  const use = (quantity: number) =>
    accountOf(id).consume(termsOf(plan), { resource: 'images', quantity, reference: null });
  const hold = { resource: 'images', quantity: 1, reference: 'held', seconds: 60 };
  await use(1);
  await accountOf(id).reserve(termsOf(plan), hold);
  await runInDurableObject(accountOf(id), (_, { storage: { sql, kv } }) => {
    sql.exec('ALTER TABLE reservations DROP COLUMN meter');
    for (const table of ['uses', 'token_uses']) sql.exec(`ALTER TABLE ${table} DROP COLUMN billed`);
    kv.put('metering', 3);
  });
  await evictDurableObject(accountOf(id));
  expect(await accountOf(id).commit(termsOf(plan), { reference: 'held', quantity: null })).toMatchObject({
    quota: { used: 2 },
  });
  await changePlan(id, { subscribed: 1, meters: '["images_beyond"]' });
  expect(await use(3)).toMatchObject({ overage: { quantity: 2, meter: 'images_beyond' } });
});

it('an object without sources has those of its credits, and holds what it held', async () => {
  const { user, access_token: token } = await registerVerified();
  const { id } = user;
  const add = (type: string, amount: number) =>
    service('/v1/credits/add', { user_id: id, amount, type, reference: `${type}-${amount}` });
  await add('purchase', 10);
  await add('added', 7);
  await service('/v1/credits/use', { user_id: id, amount: 4, reference: 'job' });
  const hold = { user_id: id, resource: 'images', quantity: 5, reference: 'held' };
  await service('/v1/usage/reservations', hold);
  await runInDurableObject(accountOf(id), (_, { storage: { sql, kv } }) => {
    sql.exec(
      'CREATE TABLE old_lots (expires_at INTEGER NOT NULL, seq INTEGER NOT NULL, remaining INTEGER NOT NULL, PRIMARY KEY (expires_at, seq)) STRICT, WITHOUT ROWID',
    );
    sql.exec('INSERT INTO old_lots SELECT expires_at, seq, remaining FROM credit_lots');
    sql.exec('DROP TABLE credit_lots');
    sql.exec('ALTER TABLE old_lots RENAME TO credit_lots');
    for (const column of ['over', 'credits', 'meter'])
      sql.exec(`ALTER TABLE reservations DROP COLUMN ${column}`);
    for (const table of ['uses', 'token_uses']) sql.exec(`ALTER TABLE ${table} DROP COLUMN billed`);
    // Uses said nothing of sources then.
    sql.exec(
      "UPDATE credit_transactions SET parts = json_remove(parts, '$[0].source') WHERE parts IS NOT NULL",
    );
    kv.put('metering', 2);
  });
  await evictDurableObject(accountOf(id));
  expect((await call('GET', '/v1/me/credits', { token })).body).toEqual({
    user_id: id,
    balance: 13,
    reserved: 0,
    sources: [
      { source: 'gift', amount: 3, expiring: [] },
      { source: 'pack', amount: 10, expiring: [] },
    ],
  });
  const { body } = await call('GET', '/v1/me/credits/transactions', { token });
  expect(body.data.map(({ type, sources }: any) => [type, sources])).toEqual([
    ['used', [{ source: 'gift', amount: 4 }]],
    ['added', [{ source: 'gift', amount: 7 }]],
    ['purchase', [{ source: 'pack', amount: 10 }]],
  ]);
  const committed = await service('/v1/usage/reservations/held/commit', { user_id: id });
  expect(committed.body.quota).toMatchObject({ used: 5 });
});
