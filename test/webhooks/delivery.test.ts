import { env } from 'cloudflare:workers';
import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/lib/time.ts';
import { asAdmin, auditOf } from '../support/admin.ts';
import { register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { project } from '../support/projection.ts';
import { deliverDue, realmOfItsOwn, webhook } from '../support/webhooks.ts';

/** The rest of a signature of version `v1a`, verified by nothing of ours. */
function verifiesAsymmetrically(
  key: string,
  post: { headers: Record<string, string>; body: string },
): boolean {
  const raw = Buffer.from(key.slice('whpk_'.length), 'base64').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });
  const signed = `${post.headers['webhook-id']}.${post.headers['webhook-timestamp']}.${post.body}`;
  return (post.headers['webhook-signature'] as string)
    .split(' ')
    .filter((part) => part.startsWith('v1a,'))
    .some((part) => verify(null, Buffer.from(signed), publicKey, Buffer.from(part.slice(4), 'base64')));
}

describe('an event', () => {
  it('is posted once, as Standard Webhooks have it, and others verify it', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm);
    const { user } = await register({}, { realm });
    await project(user.id);
    await deliverDue();
    await deliverDue();
    // Some go at once: which comes first, its number says.
    const posts = (await hook.posts()).sort((a, b) => a.event.sequence - b.event.sequence);
    expect(posts.map(({ event }) => event.type)).toEqual(['user.created', 'session.created']);
    for (const post of posts) {
      expect(new Webhook(hook.secret).verify(post.body, post.headers)).toEqual(post.event);
      expect(new Svix(hook.secret).verify(post.body, post.headers)).toEqual(post.event);
      expect(verifiesAsymmetrically(hook.publicKeys[0] as string, post)).toBe(true);
      expect(() => new Webhook(hook.secret).verify(`${post.body} `, post.headers)).toThrow();
      expect(post.headers['content-type']).toBe('application/json');
      expect(post.headers['webhook-id']).toBe(post.event.id);
    }
    const [created, session] = posts.map(({ event }) => event);
    expect(created).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'user.created',
      version: 1,
      timestamp: expect.stringMatching(/^20.*Z$/),
      realm,
      user_id: user.id,
      sequence: expect.any(Number),
      actor: user.id,
      request_id: expect.stringMatching(/^req_/),
      data: { by: 'registration' },
    });
    expect(session.request_id).toBe(created.request_id);
    expect(session.sequence).toBeGreaterThan(created.sequence);
    expect(JSON.stringify(posts.map(({ body }) => body))).not.toContain(user.email);
  });

  it('goes to those endpoints that want it, and of no other realm', async () => {
    const [realm, other] = [await realmOfItsOwn(), await realmOfItsOwn()];
    const [all, some, none, others] = [
      await webhook(realm),
      await webhook(realm, { events: ['user.created'] }),
      await webhook(realm, { events: ['client.created'] }),
      await webhook(other),
    ];
    const { user } = await register({}, { realm });
    await project(user.id);
    await deliverDue();
    expect((await all.events()).map(({ type }) => type)).toEqual(['user.created', 'session.created']);
    expect((await some.events()).map(({ type }) => type)).toEqual(['user.created']);
    expect([await none.events(), await others.events()]).toEqual([[], []]);
  });

  it('is written nowhere where nobody wants to hear of it', async () => {
    const realm = await realmOfItsOwn();
    const { user } = await register({}, { realm });
    await project(user.id);
    const { results } = await env.DB.prepare('SELECT 1 FROM events WHERE realm_id = ?').bind(realm).all();
    expect(results).toEqual([]);
  });
});

describe('an endpoint that answers', () => {
  for (const [what, answer, error] of [
    ['500', { status: 500, body: 'no' }, 'it answered 500'],
    [
      'a redirect',
      { status: 301, headers: { location: '/elsewhere' } },
      'it answered 301, and no redirect is followed',
    ],
    ['nothing, and closes', 'drop', expect.stringMatching(/^the connection failed/)],
  ] as const) {
    it(`${what} gets the event again, under the same id`, async () => {
      const realm = await realmOfItsOwn();
      const hook = await webhook(realm, { events: ['user.created'] });
      await hook.plan({ next: [answer as never] });
      await register({}, { realm });
      await deliverDue();
      const [delivery] = await hook.deliveries();
      expect(delivery).toMatchObject({ status: 'pending', attempts: 1, last_error: error });
      expect(await hook.get()).toMatchObject({
        failing_since: expect.any(String),
        retry_at: expect.any(String),
      });
      // It is left alone until then.
      await deliverDue();
      expect(await hook.posts()).toHaveLength(1);
      advance(MINUTE);
      await deliverDue();
      const posts = await hook.posts();
      expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect(await hook.deliveries()).toMatchObject([{ status: 'delivered', attempts: 2 }]);
      expect(await hook.get()).toMatchObject({ failing_since: null, retry_at: null });
      const { log, payload } = await hook.log(delivery.id);
      expect(payload).toEqual(posts[1]?.event);
      expect(log).toMatchObject([
        { attempt: 1, error },
        { attempt: 2, status: 204, error: null },
      ]);
    });
  }

  it('late has taken it', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    await hook.plan({ next: [{ status: 200, afterMs: 3000, body: 'thanks' }] });
    await register({}, { realm });
    await deliverDue();
    const [delivery] = await hook.deliveries();
    expect(delivery.status).toBe('delivered');
    expect((await hook.log(delivery.id)).log).toMatchObject([{ status: 200, answer: 'thanks' }]);
  });

  it('nothing at all is given up for now after ten seconds', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    await hook.plan({ next: ['hang'] });
    await register({}, { realm });
    await deliverDue();
    await hook.release();
    expect(await hook.deliveries()).toMatchObject([
      { status: 'pending', last_error: 'no answer within 10 seconds' },
    ]);
  });

  it('429 or 503 with a Retry-After is left alone for so long', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    await hook.plan({ next: [{ status: 503, headers: { 'retry-after': '7200' } }] });
    await register({}, { realm });
    await deliverDue();
    const [{ next_attempt_at: next }] = await hook.deliveries();
    expect(Date.parse(next) - Date.now()).toBeGreaterThan(1.9 * HOUR);
    advance(1.9 * HOUR);
    await deliverDue();
    expect(await hook.posts()).toHaveLength(1);
    advance(0.2 * HOUR);
    await deliverDue();
    expect(await hook.deliveries()).toMatchObject([{ status: 'delivered' }]);
  });

  it('410 is switched off at once, and its operators are told', async () => {
    const realm = await realmOfItsOwn();
    const admin = await register({}, { realm });
    await env.DB.prepare("UPDATE users SET role = 'admin', email_verified = 1 WHERE id = ?")
      .bind(admin.user.id)
      .run();
    const hook = await webhook(realm, { events: ['user.created'] });
    await hook.plan({ next: [{ status: 410 }] });
    await register({}, { realm });
    await deliverDue();
    expect(await hook.get()).toMatchObject({ status: 'disabled', disabled_for: 'gone' });
    expect(await hook.deliveries()).toMatchObject([{ status: 'failed' }]);
    const { createServices } = await import('../../src/services.ts');
    await createServices(env).outbox.drain({ take: () => true });
    const mails = await receivedMails(admin.user.email as string);
    expect(mails.some(({ subject }) => /webhook/i.test(subject ?? ''))).toBe(true);
  });

  it('nothing for five days is switched off; switched on again it gets what it missed', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    await hook.plan({ always: { status: 500 } });
    for (let day = 0; day <= 5; day += 1) {
      await register({}, { realm });
      await deliverDue();
      advance(DAY + HOUR);
    }
    await register({}, { realm });
    await deliverDue();
    expect(await hook.get()).toMatchObject({ status: 'disabled', disabled_for: 'failing' });
    await register({}, { realm });
    await deliverDue();
    await hook.plan({ always: { status: 204 } });
    const on = await asAdmin('PATCH', `/webhooks/${hook.id}`, { realm, body: { status: 'active' } });
    expect(on.body).toMatchObject({ status: 'active', disabled_for: null, failing_since: null });
    const since = new Date(Date.now() - 20 * DAY).toISOString();
    const replayed = await asAdmin('POST', `/webhooks/${hook.id}/replay`, { realm, body: { since } });
    expect(replayed.status).toBe(202);
    // What was not given up yet comes when its time has come.
    advance(6 * HOUR);
    await deliverDue();
    expect(await hook.events()).toHaveLength(8);
    expect((await hook.deliveries()).map(({ status }) => status)).toEqual(Array(8).fill('delivered'));
  });
});

describe('an operator', () => {
  it('gives an endpoint another secret: both sign until the overlap ends', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    const rotated = await asAdmin('POST', `/webhooks/${hook.id}/rotate`, {
      realm,
      body: { overlap_hours: 2 },
    });
    expect(rotated.body.secret).not.toBe(hook.secret);
    expect(rotated.body.public_keys).toHaveLength(2);
    await register({}, { realm });
    await deliverDue();
    advance(3 * HOUR);
    await register({}, { realm });
    await deliverDue();
    const [during, after] = (await hook.posts()) as any[];
    const verifies = (secret: string, post: any) => {
      try {
        // The clock of the test is ahead of that of the verifier.
        post.headers['webhook-timestamp'];
        return new Webhook(secret).sign(
          post.headers['webhook-id'],
          new Date(Number(post.headers['webhook-timestamp']) * 1000),
          post.body,
        );
      } catch {
        return null;
      }
    };
    const has = (secret: string, post: any) =>
      post.headers['webhook-signature'].split(' ').includes(verifies(secret, post));
    expect([has(hook.secret, during), has(rotated.body.secret, during)]).toEqual([true, true]);
    expect([has(hook.secret, after), has(rotated.body.secret, after)]).toEqual([false, true]);
    expect((await auditOf(hook.id)).map(({ action }) => action)).toEqual([
      'webhook_created',
      'webhook_secret_rotated',
    ]);
  });

  it('sends a test event to one endpoint, whatever it wants', async () => {
    const realm = await realmOfItsOwn();
    const [hook, other] = [await webhook(realm, { events: ['client.created'] }), await webhook(realm)];
    const sent = await asAdmin('POST', `/webhooks/${hook.id}/test`, { realm });
    expect(sent.status).toBe(202);
    await deliverDue();
    expect(await hook.events()).toMatchObject([{ type: 'webhook.test', user_id: null, data: {} }]);
    expect(await other.events()).toEqual([]);
  });

  it('has one event delivered again, and all of a time', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    const begin = new Date().toISOString();
    await register({}, { realm });
    await register({}, { realm });
    await deliverDue();
    const [newest] = await hook.deliveries('?status=delivered');
    const again = await asAdmin('POST', `/webhooks/${hook.id}/deliveries/${newest.id}/resend`, { realm });
    expect(again.body).toMatchObject({ id: newest.id, status: 'pending', attempts: 0 });
    await deliverDue();
    expect(await hook.posts()).toHaveLength(3);
    const all = await asAdmin('POST', `/webhooks/${hook.id}/replay`, {
      realm,
      body: { since: begin, which: 'all' },
    });
    expect(all.body).toEqual({ count: 2 });
    await deliverDue();
    expect(await hook.posts()).toHaveLength(5);
    expect(new Set((await hook.posts()).map(({ event }) => event.id)).size).toBe(2);
    expect((await hook.log(newest.id)).log.map(({ attempt }: any) => attempt)).toEqual([1, 2, 3]);
  });

  it('finds neither the endpoints nor the deliveries of another realm', async () => {
    const [realm, other] = [await realmOfItsOwn(), await realmOfItsOwn()];
    const hook = await webhook(realm);
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', { description: 'x' }],
      ['DELETE', ''],
      ['POST', '/rotate', {}],
      ['POST', '/test'],
      ['POST', '/replay', { since: new Date().toISOString() }],
      ['GET', '/deliveries'],
      ['GET', '/deliveries/dlv_x'],
      ['POST', '/deliveries/dlv_x/resend'],
    ] as const) {
      const answer = await asAdmin(method, `/webhooks/${hook.id}${path}`, { realm: other, body });
      expect([method, path, answer.status, answer.body.code]).toEqual([
        method,
        path,
        404,
        'webhook_not_found',
      ]);
    }
  });
});
