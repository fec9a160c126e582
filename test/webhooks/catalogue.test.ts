import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { EVENT_TYPES, EVENTS, type EventName } from '../../src/events/catalogue.ts';
import { eventPayload } from '../../src/webhooks/schemas.ts';
import { asAdmin } from '../support/admin.ts';
import { call, INTERNAL, PASSWORD, registerVerified, type SignedInBody } from '../support/api.ts';
import { type Json, operationsOf, readDocument } from '../support/contract.ts';
import { tokenTo } from '../support/mail.ts';
import { project } from '../support/projection.ts';
import { deliverDue, realmOfItsOwn, webhook } from '../support/webhooks.ts';
import { TOLD_BY } from './operations.ts';

let document: Json;

beforeAll(async () => {
  document = await readDocument();
});

describe('the catalogue', () => {
  it('says of every operation that changes something which event it is, or why it is none', () => {
    const changing = operationsOf(document).filter(({ method }) => method !== 'GET');
    expect(Object.keys(TOLD_BY).sort()).toEqual(
      changing.map(({ definition }) => definition.operationId).sort(),
    );
    const told = Object.values(TOLD_BY).filter((one) => typeof one === 'string');
    expect(told.every((type) => EVENT_TYPES.includes(type as EventName))).toBe(true);
  });

  it('stands in the OpenAPI document under `webhooks`, and nothing else does', () => {
    expect(Object.keys(document.webhooks).sort()).toEqual([...EVENT_TYPES].sort());
    const { schema } = document.webhooks['user.updated'].post.requestBody.content['application/json'];
    expect(document.components.schemas[schema.$ref.split('/').at(-1)]).toMatchObject({
      properties: { type: { enum: ['user.updated'] }, data: { required: ['changed'] } },
    });
  });

  it('has names that are dotted, and a sentence each', () => {
    for (const [type, { about }] of Object.entries(EVENTS)) {
      expect(type).toMatch(/^[a-z_]+\.[a-z_]+$/);
      expect(about).toMatch(/^[A-Z]/);
    }
  });
});

const eventsOf = async (realm: string, after: number) => {
  const { results } = await env.DB.prepare(
    'SELECT seq, type, user_id, actor, request_id FROM events WHERE realm_id = ? AND seq > ? ORDER BY seq',
  )
    .bind(realm, after)
    .all<any>();
  return results;
};

it('each operation tells exactly its event, which arrives as the document has it', async () => {
  const realm = await realmOfItsOwn();
  const hook = await webhook(realm);
  let last = 0;
  const expected: string[] = [];
  /** Makes a call, and what it tells. Others of its events come with it. */
  const tells = async (
    operation: string,
    who: { id: string } | null,
    act: () => Promise<{ status: number; body?: any; headers: Headers }>,
    others: EventName[] = [],
  ) => {
    const answer = await act();
    expect([operation, answer.status < 300, answer.body?.code]).toEqual([operation, true, undefined]);
    if (who) await project(who.id);
    const events = await eventsOf(realm, last);
    last = events.at(-1)?.seq ?? last;
    const told = TOLD_BY[operation] as EventName;
    expect([operation, events.map(({ type }) => type)]).toEqual([
      operation,
      (typeof told === 'string' ? [told, ...others] : others).sort(
        (a, b) => events.findIndex(({ type }) => type === a) - events.findIndex(({ type }) => type === b),
      ),
    ]);
    expected.push(...events.map(({ type }) => type));
    if (who && typeof told === 'string') expect([operation, events[0]?.user_id]).toEqual([operation, who.id]);
    return answer.body;
  };
  const admin = (method: string, path: string, body?: unknown) => asAdmin(method, path, { realm, body });
  const service = (path: string, body: unknown) => call('POST', path, { realm, body, headers: INTERNAL });
  const settle = async (user: SignedInBody) => {
    await project(user.user.id);
    last = (await eventsOf(realm, last)).at(-1)?.seq ?? last;
  };

  // An account of their own.
  const email = `walk-${crypto.randomUUID()}@example.com`;
  let me = {} as SignedInBody;
  const registered = await call('POST', '/v1/auth/register', { realm, body: { email, password: PASSWORD } });
  me = registered.body;
  const who = me.user;
  await tells('auth.register', who, async () => registered, ['session.created']);
  const mine = (method: string, path: string, body?: unknown) =>
    call(method, path, { realm, token: me.access_token, body });
  await tells('auth.email.verify', who, async () =>
    call('POST', '/v1/auth/email/verify', { realm, body: { token: await tokenTo(email, /welcome/i) } }),
  );
  await tells('me.update', who, () => mine('PATCH', '/v1/me', { name: 'Ada', bio: 'x' }));
  await tells('me.preferences.replace', who, () => mine('PUT', '/v1/me/preferences', { theme: 'dark' }));
  await tells('me.preferences.update', who, () => mine('PATCH', '/v1/me/preferences', { theme: 'light' }));
  await tells('auth.login', who, async () => {
    const answer = await call('POST', '/v1/auth/login', {
      realm,
      body: { identifier: email, password: PASSWORD },
    });
    me = answer.body;
    return answer;
  });
  await tells('auth.refresh', null, async () => {
    const answer = await call('POST', '/v1/auth/refresh', {
      realm,
      body: { refresh_token: me.refresh_token },
    });
    me = { ...me, ...answer.body };
    return answer;
  });
  await tells('me.password.change', who, () =>
    mine('PUT', '/v1/me/password', { current_password: PASSWORD, new_password: `${PASSWORD}!` }),
  );
  await tells('auth.logout', who, () => mine('POST', '/v1/auth/logout', {}));

  // What services count.
  await tells('credits.add', who, () =>
    service('/v1/credits/add', { user_id: who.id, amount: 100, reference: 'a' }),
  );
  await tells('credits.use', who, () =>
    service('/v1/credits/use', { user_id: who.id, amount: 20, reference: 'b' }),
  );
  await tells('credits.refund', who, () =>
    service('/v1/credits/refund', { user_id: who.id, reference: 'c', refund_of: 'b' }),
  );
  await tells(
    'credits.use',
    who,
    () => service('/v1/credits/use', { user_id: who.id, amount: 95, reference: 'd' }),
    ['credits.low'],
  );
  await tells('usage.record', who, () =>
    service('/v1/usage', { user_id: who.id, resource: 'videos', quantity: 1, reference: 'v1' }),
  );
  await tells(
    'usage.record',
    who,
    () => service('/v1/usage', { user_id: who.id, resource: 'videos', quantity: 3, reference: 'v2' }),
    ['quota.warning'],
  );
  await tells(
    'usage.record',
    who,
    () => service('/v1/usage', { user_id: who.id, resource: 'videos', quantity: 1, reference: 'v3' }),
    ['quota.exceeded'],
  );

  // What operators do to users.
  const path = `/users/${who.id}`;
  await tells('admin.users.update', who, () => admin('PATCH', path, { country: 'DE' }));
  await tells('admin.users.setPlan', who, () => admin('PUT', `${path}/plan`, { plan: 'pro' }), [
    'credits.changed',
  ]);
  await tells('admin.users.setLimits', who, () =>
    admin('PUT', `${path}/limits`, { limits: { images: { day: 7 } } }),
  );
  await tells('admin.users.setRole', who, () => admin('PUT', `${path}/role`, { role: 'admin' }));
  await tells('admin.users.setStatus', who, () => admin('PUT', `${path}/status`, { status: 'suspended' }));
  await admin('PUT', `${path}/status`, { status: 'active' });
  await settle({ user: who } as SignedInBody);
  await tells('admin.users.sessions.revokeAll', who, () => admin('DELETE', `${path}/sessions`));
  await tells('admin.users.forcePasswordReset', who, () => admin('POST', `${path}/password-reset`));
  await tells('admin.users.credits.adjust', who, () =>
    admin('POST', `${path}/credits`, { amount: 5, reason: 'kind', reference: 'e' }),
  );
  await tells('admin.users.delete', null, () => admin('DELETE', path));
  const made = await admin('POST', '/users', {
    email: `made-${crypto.randomUUID()}@example.com`,
    email_verified: true,
  });
  await tells('admin.users.create', made.body, async () => made);
  const leaving = await registerVerified({}, { realm });
  await settle(leaving);
  await tells('me.delete', null, () =>
    call('DELETE', '/v1/me', { realm, token: leaving.access_token, body: { password: PASSWORD } }),
  );

  // What operators do to the realm.
  const key = await tells('admin.apiKeys.create', null, () =>
    admin('POST', '/api-keys', { name: 'walk', scopes: ['usage:write'] }),
  );
  const rotated = await tells('admin.apiKeys.rotate', null, () =>
    admin('POST', `/api-keys/${key.id}/rotate`, {}),
  );
  await tells('admin.apiKeys.revoke', null, () => admin('DELETE', `/api-keys/${rotated.id}`));
  const client = await tells('admin.clients.create', null, () =>
    admin('POST', '/clients', {
      name: 'Walk',
      type: 'confidential',
      redirect_uris: ['https://walk.example/cb'],
    }),
  );
  const clientPath = `/clients/${client.client_id ?? client.id}`;
  await tells('admin.clients.update', null, () => admin('PATCH', clientPath, { name: 'Walked' }));
  await tells('admin.clients.rotateSecret', null, () => admin('POST', `${clientPath}/rotate-secret`, {}));
  await tells('admin.clients.delete', null, () => admin('DELETE', clientPath));
  const resource = await tells('admin.protectedResources.create', null, () =>
    admin('POST', '/protected-resources', { name: 'MCP', resource: 'https://mcp.example.com/mcp' }),
  );
  await tells('admin.protectedResources.update', null, () =>
    admin('PATCH', `/protected-resources/${resource.id}`, { name: 'MCP 2' }),
  );
  await tells('admin.protectedResources.delete', null, () =>
    admin('DELETE', `/protected-resources/${resource.id}`),
  );
  await tells('admin.realms.update', null, () =>
    asAdmin('PATCH', `/realms/${realm}`, { body: { name: 'Walked' } }),
  );
  await tells('admin.signingKeys.rotate', null, () => admin('POST', '/signing-keys/rotate', {}));
  await tells('admin.webhooks.test', null, () => admin('POST', `/webhooks/${hook.id}/test`));

  // What was told arrives, in its order, as the document says.
  while ((await deliverDue()) > 0);
  const arrived = await hook.events();
  const walked = arrived.map(({ type }) => type);
  for (const type of new Set(expected)) expect(walked).toContain(type);
  for (const event of arrived) {
    const parsed = eventPayload(event.type as EventName)
      .strict()
      .safeParse(event);
    expect([event.type, parsed.error?.issues]).toEqual([event.type, undefined]);
    expect(event.realm).toBe(realm);
  }
  expect(arrived.find(({ type }) => type === 'user.updated').data).toEqual({ changed: ['name', 'bio'] });
  expect(arrived.find(({ type }) => type === 'plan.changed').data).toEqual({ plan: 'pro', expires_at: null });
  const said = JSON.stringify(arrived);
  for (const secret of [email, 'Ada', hook.secret, PASSWORD]) expect(said).not.toContain(secret);
  // Nobody who did something by a request goes without it.
  const without = arrived.filter(({ request_id }) => request_id === null).map(({ type }) => type);
  expect([...new Set(without)].sort()).toEqual(
    ['credits.changed', 'credits.low', 'quota.exceeded', 'quota.warning'].sort(),
  );
});
