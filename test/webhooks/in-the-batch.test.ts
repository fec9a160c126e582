import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, PASSWORD, register, registerVerified } from '../support/api.ts';
import { Browser } from '../support/browser.ts';
import { tokenTo } from '../support/mail.ts';
import { project } from '../support/projection.ts';
import { deliverDue, realmOfItsOwn, webhook } from '../support/webhooks.ts';

// What is told of a change is written by the batch that makes it: no crash comes in between.

const written = async (userId: string, type: string) =>
  (await env.DB.prepare('SELECT * FROM events WHERE user_id = ? AND type = ?').bind(userId, type).all<any>())
    .results;

it('an account at a provider that is linked and unlinked is told before the object says so, and once', async () => {
  await webhook('default', { events: ['identity.linked', 'identity.unlinked'] });
  const email = 'user37@gmail.example';
  const user = await registerVerified({ email });
  const browser = new Browser();
  expect((await browser.signIn('google', email)).status).toBe(303);
  expect(await written(user.user.id, 'identity.linked')).toMatchObject([
    { data: '{"provider":"google"}', request_id: expect.stringMatching(/^req_/), actor: user.user.id },
  ]);
  const token = user.access_token;
  const unlinked = await call('DELETE', '/v1/me/identities/google', { token });
  expect(unlinked.status, JSON.stringify(unlinked.body)).toBe(204);
  expect(await written(user.user.id, 'identity.unlinked')).toHaveLength(1);
  await project(user.user.id);
  expect(await written(user.user.id, 'identity.linked')).toHaveLength(1);
  expect(await written(user.user.id, 'identity.unlinked')).toHaveLength(1);
});

it('a user who gives way to the owner of an address is told to be deleted', async () => {
  const realm = await realmOfItsOwn();
  const hook = await webhook(realm, { events: ['user.deleted', 'email.changed'] });
  const owner = await registerVerified({}, { realm });
  const own = owner.user.email as string;
  const next = `${crypto.randomUUID()}@example.com`;
  const asked = await call('PUT', '/v1/me/email', {
    realm,
    token: owner.access_token,
    body: { email: next, password: PASSWORD },
  });
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  const verify = { token: await tokenTo(next, /./) };
  expect((await call('POST', '/v1/auth/email/verify', { realm, body: verify })).status).toBe(200);
  const squatter = await register({ email: own }, { realm });
  const undo = { token: await tokenTo(own, /^The email address of your/) };
  expect((await call('POST', '/v1/auth/email/undo', { realm, body: undo })).status).toBe(204);
  await deliverDue();
  const events = await hook.events();
  expect(events.map(({ type, user_id }) => [type, user_id])).toEqual([
    ['email.changed', owner.user.id],
    ['user.deleted', squatter.user.id],
    ['email.changed', owner.user.id],
  ]);
  expect(events[1]).toMatchObject({ actor: owner.user.id, request_id: expect.stringMatching(/^req_/) });
});

it('what an admin does to sessions names the request', async () => {
  const realm = await realmOfItsOwn();
  const hook = await webhook(realm, { events: ['session.revoked'] });
  const { user, session_id } = await register({}, { realm });
  await register({}, { realm });
  await asAdmin('DELETE', `/users/${user.id}/sessions/${session_id}`, { realm });
  await asAdmin('DELETE', `/users/${user.id}/sessions`, { realm });
  await project(user.id);
  await deliverDue();
  const events = await hook.events();
  expect(events).toHaveLength(2);
  for (const { request_id } of events) expect(request_id).toMatch(/^req_/);
});

it('an event of Stripe is told with what settles it, and once however often it is handled', async () => {
  await webhook('default', { events: ['payment_method.removed'] });
  const { user } = await registerVerified();
  await env.DB.batch([
    env.DB.prepare(
      'INSERT INTO billing_customers (user_id, realm_id, customer_id, created_at) VALUES (?1, ?2, ?3, 1)',
    ).bind(user.id, 'default', 'cus_told'),
    env.DB.prepare(
      `INSERT INTO billing_events (id, type, subject, customer_id, realm_id, next_attempt_at, created_at, received_at)
       VALUES ('evt_told', 'payment_method.detached', 'pm_told', 'cus_told', 'default', 1, 1, 1)`,
    ),
  ]);
  const { createServices } = await import('../../src/services.ts');
  const { billingKit } = createServices(env);
  await billingKit.parts.events.handle('evt_told');
  await env.DB.prepare("UPDATE billing_events SET leased_until = 0 WHERE id = 'evt_told'").run();
  await billingKit.parts.events.handle('evt_told');
  expect(await written(user.id, 'payment_method.removed')).toMatchObject([
    { actor: 'system', data: '{"stripe_event_id":"evt_told","stripe_object_id":"pm_told"}' },
  ]);
  await project(user.id);
  expect(await written(user.id, 'payment_method.removed')).toHaveLength(1);
});
