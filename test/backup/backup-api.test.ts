import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { cursorAfter } from '../../src/http/paging.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  accountOf,
  call,
  createRealm,
  expectProblem,
  INTERNAL,
  login,
  ORIGIN,
  PASSWORD,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { inOrganization } from '../support/wallet.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const ID = 'bak_00000000000000000000000001';
let users: SignedInBody[];

beforeAll(async () => {
  users = [];
  for (let n = 0; n < 5; n += 1) users.push(await registerVerified());
});

async function page(query: string): Promise<any[]> {
  const response = await exports.default.fetch(`${ORIGIN}/v1/admin/backup?${query}`, { headers: INTERNAL });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/gzip');
  const text = gunzipSync(Buffer.from(await response.arrayBuffer())).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** All pages of two accounts, without their last lines. */
async function everything(): Promise<any[]> {
  const lines = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const read: any[] = await page(`limit=2${cursor && `&cursor=${cursor}`}`);
    const end = read.pop();
    expect(end.accounts).toBe(read.filter(({ values }) => values).length);
    expect(end.accounts).toBeLessThanOrEqual(2);
    lines.push(...read);
    cursor = end.next;
  }
  return lines;
}

async function lose(userId: string): Promise<void> {
  await runInDurableObject(accountOf(userId), (_, { storage }) => storage.deleteAll());
  await evictDurableObject(accountOf(userId));
}

function restore(lines: unknown[], query = '') {
  const raw = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return call('POST', `/v1/admin/backup?backup_id=${ID}${query}`, {
    raw,
    headers: { ...INTERNAL, ...NDJSON },
  });
}

it('reads all accounts by pages, each once, with pictures, and puts them back', async () => {
  const [one, two] = users as [SignedInBody, SignedInBody];
  const user_id = one.user.id;
  const add = { user_id, amount: 25, reference: 'gift' };
  expect((await call('POST', '/v1/credits/add', { body: add, headers: INTERNAL })).status).toBe(200);
  const key = `${two.user.id.slice(4)}.AAAAAAAAAAAAAAAAAAAAAA.png`;
  await env.AVATARS.put(key, new Uint8Array([1, 2, 3]), { httpMetadata: { contentType: 'image/png' } });
  await env.DB.prepare('UPDATE users SET picture = ? WHERE id = ?')
    .bind(`${ORIGIN}/avatars/${key}`, two.user.id)
    .run();

  const logo = 'realm.default.logo.AAAAAAAAAAAAAAAAAAAAAA.png';
  await env.AVATARS.put(logo, new Uint8Array([4]), { httpMetadata: { contentType: 'image/png' } });
  await env.DB.prepare("UPDATE realms SET logo = ? WHERE id = 'default'")
    .bind(`${ORIGIN}/avatars/${logo}`)
    .run();

  const lines = await everything();
  // Of a realm there is nothing but its picture.
  expect(lines.filter(({ account }) => account.startsWith('realm:'))).toEqual([
    { account: 'realm:default:logo', picture: logo, type: 'image/png', bytes: 'BA==' },
  ]);
  const named = lines.filter(({ values }) => values).map(({ account }) => account);
  expect(new Set(named).size).toBe(named.length);
  expect(named).toEqual(expect.arrayContaining(users.map(({ user }) => user.id)));

  for (const { user } of users) await lose(user.id);
  await env.AVATARS.delete(key);
  // Whoever comes before their account is back is served, as by an account that is new: and keeps what it has.
  const early = users[4] as SignedInBody;
  expect((await login(early.user.email ?? '')).status).toBe(200);

  const own = lines.filter(({ account }) => users.some(({ user }) => user.id === account));
  const answer = await restore(own, '&with_sessions=true');
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.body).toMatchObject({ restored: 4, pictures: 1, used: [early.user.id], unknown: [] });
  expect((await restore(own, '&with_sessions=true')).body).toMatchObject({
    restored: 4,
    used: [early.user.id],
  });

  const balance = await call('GET', `/v1/credits/balance?user_id=${user_id}`, { headers: INTERNAL });
  expect(balance.body.balance).toBe(25);
  expect((await call('GET', '/v1/auth/session', { token: one.access_token })).status).toBe(200);
  expect(new Uint8Array((await (await env.AVATARS.get(key))?.arrayBuffer()) as ArrayBuffer)).toEqual(
    new Uint8Array([1, 2, 3]),
  );
  const acts = [...(await auditOf('accounts')), ...(await auditOf(ID))].map(({ action }) => action);
  expect(acts).toEqual(expect.arrayContaining(['accounts_backed_up', 'accounts_restored']));
});

it('has what organizations use together, and puts it back', async () => {
  const { access_token: token, user } = users[0] as SignedInBody;
  const made = await call('POST', '/v1/organizations', { token, body: { name: 'Engines' } });
  const organization_id = made.body.organization.id;
  const path = `/v1/organizations/${organization_id}`;
  const credits = (act: string, amount: number) =>
    call('POST', `/v1/credits/${act}`, {
      headers: INTERNAL,
      body: { organization_id, user_id: user.id, amount, reference: `${act}-${organization_id}` },
    });
  expect((await credits('add', 40)).status).toBe(200);
  expect((await credits('use', 15)).status).toBe(200);
  const caps = await call('PUT', `${path}/caps`, { token, body: { credits: { day: 20 } } });
  expect(caps.status, JSON.stringify(caps.body)).toBe(200);
  const state = async () => [
    (await call('GET', `${path}/credits`, { token })).body,
    (await call('GET', `${path}/credits/transactions`, { token })).body,
    (await call('GET', `${path}/caps`, { token })).body,
  ];
  const before = await state();
  const lines = (await everything()).filter(({ account }) => account === organization_id);
  expect(lines.length).toBeGreaterThan(2);

  // One that somebody uses is left as it is.
  expect((await restore(lines)).body).toMatchObject({ restored: 0, used: [organization_id] });
  await inOrganization(organization_id, (_, storage) => storage.deleteAll());
  await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(organization_id)));
  // In parts, as requests come, and again.
  expect((await restore(lines.slice(0, 2))).body).toMatchObject({ restored: 0, used: [] });
  expect((await restore(lines.slice(2))).body).toMatchObject({ restored: 1, unknown: [] });
  expect((await restore(lines)).body).toMatchObject({ restored: 1, used: [] });
  expect(await state()).toEqual(before);
  const refused = await credits('use', 15);
  expect(refused.status).toBe(200);
  const another = await call('POST', '/v1/credits/use', {
    headers: INTERNAL,
    body: { organization_id, user_id: user.id, amount: 6, reference: 'more' },
  });
  expectProblem(another, 429, 'cap_exceeded');
});

it('has everybody sign in again unless sessions go on', async () => {
  const user = users[2] as SignedInBody;
  const lines = (await everything()).filter(({ account }) => account === user.user.id);
  await lose(user.user.id);
  expect((await restore(lines)).body).toMatchObject({ restored: 1 });
  expectProblem(await call('GET', '/v1/auth/session', { token: user.access_token }), 401, 'session_ended');
  expect((await login(user.user.email ?? '')).status).toBe(200);
});

it('puts nothing back of whom the database does not know, and nothing that is not whole', async () => {
  const user = users[3] as SignedInBody;
  const lines = (await everything()).filter(({ account }) => account === user.user.id);
  const stranger = 'usr_00000000000000000000000000';
  const theirs = lines.map((line) => ({ ...line, account: stranger }));
  expect((await restore(theirs)).body).toMatchObject({ restored: 0, unknown: [stranger] });
  await lose(user.user.id);
  const broken = lines.map((line) =>
    line.values ? { ...line, sums: { activity: { rows: 99, hash: 1 } } } : line,
  );
  const bad: unknown[][] = [
    broken,
    [{ nothing: true }],
    ['text'],
    [{ account: user.user.id, picture: '../x', type: 'image/png', bytes: '' }],
    [
      {
        account: user.user.id,
        picture: `${stranger.slice(4)}.AAAAAAAAAAAAAAAAAAAAAA.png`,
        type: 'image/png',
        bytes: '',
      },
    ],
    [
      {
        account: user.user.id,
        picture: `${user.user.id.slice(4)}.AAAAAAAAAAAAAAAAAAAAAA.png`,
        type: 'text/html',
        bytes: '',
      },
    ],
  ];
  for (const one of bad) expectProblem(await restore(one), 422, 'validation_failed');
  expectProblem(
    await call('POST', `/v1/admin/backup?backup_id=${ID}`, { body: {}, headers: INTERNAL }),
    415,
    'unsupported_media_type',
  );
  expectProblem(
    await call('POST', '/v1/admin/backup?backup_id=x', { raw: '', headers: { ...INTERNAL, ...NDJSON } }),
    422,
    'validation_failed',
  );
  expectProblem(await asAdmin('GET', '/backup?cursor=x'), 422, 'validation_failed');
});

it('passes over users who have no account yet', async () => {
  await createRealm('waiting', { registration: 'verify_first' });
  const email = 'waiting@example.com';
  const body = { email, password: PASSWORD };
  expect((await call('POST', '/v1/auth/register', { realm: 'waiting', body })).status).toBe(202);
  const lines = await everything();
  expect(lines.filter(({ account }) => account === '')).toEqual([]);
});

it('notes each page that is read, whatever its cursor, and what was put back before a request failed', async () => {
  const before = (await auditOf('accounts')).length;
  await page(`cursor=${cursorAfter(0, '')}`);
  expect(await auditOf('accounts')).toHaveLength(before + 1);
  const whole = users[2] as SignedInBody;
  const lines = (await everything()).filter(({ account }) => account === whole.user.id);
  const id = 'bak_00000000000000000000000007';
  const again = [
    ...lines,
    { account: (users[0] as SignedInBody).user.id, picture: '../x', type: 'image/png', bytes: '' },
  ];
  const raw = again.map((line) => `${JSON.stringify(line)}\n`).join('');
  const headers = { ...INTERNAL, ...NDJSON };
  expectProblem(
    await call('POST', `/v1/admin/backup?backup_id=${id}`, { raw, headers }),
    422,
    'validation_failed',
  );
  expect(await auditOf(id)).toHaveLength(1);
});

it('counts an account once that comes in several requests', async () => {
  const user = users[2] as SignedInBody;
  const lines = (await everything()).filter(({ account }) => account === user.user.id);
  await lose(user.user.id);
  const parts = [lines.slice(0, 2), lines.slice(2)];
  let restored = 0;
  for (const part of [...parts, ...parts]) restored += (await restore(part)).body.restored;
  expect(restored).toBe(2);
});

it.each([
  [
    'very many accounts',
    Array.from({ length: 60_000 }, (_, n) => `{"account":"usr_${n}${'x'.repeat(80)}","tables":[]}`).join(
      '\n',
    ),
  ],
  [
    'very deep values',
    () =>
      `{"account":"ID","tables":[]}\n{"account":"ID","values":{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}},"sums":{}}`,
  ],
  ['what is of nobody', () => '{"account":"ID","tables":[]}\n{"account":"ID","values":{},"sums":{}}'],
  [
    'two bytes a character',
    () =>
      `{"account":"ID","tables":[]}\n{"account":"ID","values":{"x":"\u4e00${'x'.repeat(16_000_000)}"},"sums":{}}`,
  ],
])('refuses %s', async (_, text) => {
  const { user } = users[3] as SignedInBody;
  await lose(user.id);
  const raw = typeof text === 'string' ? text : text().replaceAll('ID', user.id);
  const headers = { ...INTERNAL, ...NDJSON };
  const answer = await call('POST', `/v1/admin/backup?backup_id=${ID}`, { raw, headers });
  expectProblem(answer, 422, 'validation_failed');
});

it('is for owners', async () => {
  const admin = await registerRole('admin');
  expectProblem(await asAdmin('GET', '/backup', { token: admin.access_token }), 403, 'insufficient_scope');
  const owner = await registerRole('owner');
  const own = await call('GET', '/v1/admin/backup?limit=1', { token: owner.access_token });
  expect(own.status).toBe(200);
  expectProblem(await call('GET', '/v1/admin/backup'), 401, 'authentication_required');
});
