import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { crashingD1, type Fuse } from '../support/crashing-d1.ts';
import { foundedBy, person } from '../support/organizations.ts';
import { authorizeBy, payingUser, userKey } from '../support/product-keys.ts';

type Headers = Record<string, string>;
interface Scene {
  /** Of the object that has the keys. */
  stub: () => DurableObjectStub;
  target: string;
  /** What whoever acts sends. */
  headers: Headers;
  method: string;
  path: string;
  body: object;
  /** How many keys there are, and what the one is called that was there before. */
  keys: () => Promise<{ count: number; name: string | null }>;
}

function stubOf(namespace: object, name: string): DurableObjectStub {
  const objects = namespace as DurableObjectNamespace;
  return objects.get(objects.idFromName(name));
}

async function ofOrganization(method: string, byOperator = false): Promise<Scene> {
  const owner = await person();
  const target = await foundedBy(owner);
  const own = `/v1/organizations/${target}/api-keys`;
  const { body } = await call('POST', own, { token: owner.token, body: { name: 'before' } });
  const named = method === 'POST' ? '' : `/${body.id}`;
  const stub = () => stubOf(env.ORGANIZATION, target);
  await runDurableObjectAlarm(stub());
  const keys = async () => {
    const { data } = (await call('GET', own, { token: owner.token })).body;
    return { count: data.length, name: data.find((one: any) => one.id === body.id)?.name ?? null };
  };
  const headers = byOperator ? INTERNAL : { authorization: `Bearer ${owner.token}` };
  const path = `${byOperator ? own.replace('/v1', '/v1/admin') : own}${named}`;
  const sent = byOperator ? { reason: 'leaked' } : { name: 'after' };
  return { stub, target, headers, method, path, body: sent, keys };
}

async function ofUser(): Promise<Scene> {
  const user = await payingUser();
  const { id } = await userKey(user, { name: 'before' });
  const target = user.user.id;
  const stub = () => stubOf(env.ACCOUNT, target);
  await runDurableObjectAlarm(stub());
  const keys = async () => {
    const { data } = (await call('GET', '/v1/me/api-keys', { token: user.access_token })).body;
    return { count: data.length, name: data[0]?.name ?? null };
  };
  const path = `/v1/admin/users/${target}/api-keys/${id}`;
  return { stub, target, headers: INTERNAL, method: 'DELETE', path, body: { reason: 'leaked' }, keys };
}

/** Does what a scene is about by a Worker whose database fails then. */
async function act({ headers, method, path, body }: Scene, fuse: Fuse) {
  const bindings = { ...env, DB: crashingD1(env.DB, fuse) } as unknown as Bindings;
  const answer = await createApp(createServices(bindings), bindings).request(
    `https://auth.test${path}`,
    {
      method,
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': '10.58.0.1', ...headers },
      ...(method !== 'DELETE' || path.includes('/admin/') ? { body: JSON.stringify(body) } : {}),
    },
    bindings,
  );
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : {} };
}

async function entriesOf(target: string, action: string): Promise<any[]> {
  const sql = 'SELECT actor, details, event FROM audit WHERE target = ? AND action = ?';
  return (await env.DB.prepare(sql).bind(target, action).all()).results;
}

const ACTS: [string, string, () => Promise<Scene>][] = [
  ['a member makes', 'organization_key_created', () => ofOrganization('POST')],
  ['a member changes', 'organization_key_changed', () => ofOrganization('PATCH')],
  ['a member revokes', 'organization_key_revoked', () => ofOrganization('DELETE')],
  ['an operator revokes', 'organization_key_revoked', () => ofOrganization('DELETE', true)],
  ['an operator revokes of a user', 'user_key_revoked', ofUser],
];

describe.each(ACTS)('a key that %s', (_, action, make) => {
  it('is as it was or in the audit log, and no text of one is lost, wherever the database fails', async () => {
    for (let n = 0; ; n += 1) {
      const scene = await make();
      const [before, known] = [await scene.keys(), (await entriesOf(scene.target, action)).length];
      const fuse: Fuse = { left: 1 + Math.floor(n / 2), isDone: n % 2 === 0 };
      const { status, body } = await act(scene, fuse);
      const isDone = JSON.stringify(await scene.keys()) !== JSON.stringify(before);
      await runDurableObjectAlarm(scene.stub());
      const entries = (await entriesOf(scene.target, action)).slice(known);
      expect({ isDone, entries: entries.length }, `statement ${n}`).toEqual({
        isDone: status < 300,
        entries: status < 300 ? 1 : 0,
      });
      if (status === 201) expect((await authorizeBy(body.key)).body.reason).not.toBe('invalid_token');
      if (fuse.left > 0) {
        expect(status, JSON.stringify(body)).toBeLessThan(300);
        break;
      }
    }
  });

  it('is in the audit log once, whatever becomes of telling it', async () => {
    for (let n = 0; ; n += 1) {
      const scene = await make();
      const known = (await entriesOf(scene.target, action)).length;
      expect((await act(scene, { left: 99, isDone: false })).status).toBeLessThan(300);
      const fuse: Fuse = { left: 1 + Math.floor(n / 2), isDone: n % 2 === 0 };
      await runInDurableObject(scene.stub(), async (object) => {
        const instance = object as unknown as { env: object; alarm(): Promise<void> };
        const bindings = instance.env;
        instance.env = { ...bindings, DB: crashingD1(env.DB, fuse) };
        await instance.alarm();
        instance.env = bindings;
      });
      advance(20_000);
      await runDurableObjectAlarm(scene.stub());
      const entries = (await entriesOf(scene.target, action)).slice(known);
      expect(entries, `statement ${n}`).toHaveLength(1);
      if (action.startsWith('organization_'))
        expect(JSON.parse(entries[0].event)).toMatchObject({
          type: action.replace('organization_key', 'organization.api_key').replace('changed', 'updated'),
          data: { organization_id: scene.target },
          request_id: expect.any(String),
        });
      if (fuse.left > 0) break;
    }
  });
});
