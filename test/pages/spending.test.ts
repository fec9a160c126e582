import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, changeDirectory, createRealm, INTERNAL } from '../support/api.ts';
import { foundedBy } from '../support/organizations.ts';
import { authorizeBy, secretOf, userKey } from '../support/product-keys.ts';
import {
  cookieOf,
  expectLedTo,
  expectPage,
  open,
  submit,
  type Visitor,
  visitor,
} from '../support/visitor.ts';

const PAGE = '/account/usage';

async function operator(realm?: string): Promise<Visitor> {
  if (realm) await createRealm(realm);
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role: 'admin' });
  return { ...who, cookie: await cookieOf(who.user, { realm }) };
}

const service = async (method: string, path: string, body: object) => {
  const answer = await call(method, path, { headers: INTERNAL, body });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};

describe('the caps of a user', () => {
  it('are set by a form, show what was spent and what an operator says, and are taken away by empty fields', async () => {
    const user = await visitor();
    const { id } = user.user.user;
    await service('PUT', `/v1/admin/users/${id}/spending`, { credits: { month: 500 } });
    await service('POST', '/v1/credits/add', { user_id: id, amount: 50, reference: 'start' });
    const fields = { form: 'spending', 'credits.day': '20', 'cap.images.month': '7', 'cap.videos.day': ' ' };
    expectLedTo(await submit(PAGE, fields, user), `${PAGE}?done=saved`);
    const caps = { credits: { day: 20 }, resources: { images: { month: 7 } } };
    const report = () => call('GET', '/v1/me/spending', { token: user.user.access_token });
    expect((await report()).body.caps).toEqual(caps);
    await service('POST', '/v1/credits/use', { user_id: id, amount: 12, reference: 'job' });
    const page = await open(PAGE, user);
    expectPage(page);
    expect(page.body).toMatch(/name="credits\.day"[^>]*value="20"|value="20"[^>]*name="credits\.day"/);
    expect(page.body).toContain('12 spent');
    expect(page.body).toContain('at most 500: an operator has set it');
    // What is wrong is said at its field, and changes nothing.
    for (const [name, value] of [
      ['credits.day', '-1'],
      ['cap.images.month', '1e3'],
      ['cap.images.month', '<b>'],
    ] as const) {
      const wrong = await submit(PAGE, { ...fields, [name]: value }, user);
      expectPage(wrong, 422);
      expect(wrong.body).toContain(`href="#${name}"`);
    }
    expect((await report()).body.caps).toEqual(caps);
    expectLedTo(await submit(PAGE, { form: 'spending' }, user), `${PAGE}?done=saved`);
    expect((await report()).body.caps).toEqual({ credits: null, resources: {} });
  });

  it('stand beside where the credits come from, in both languages', async () => {
    const user = await visitor();
    const { id } = user.user.user;
    const add = (type: string, amount: number, expires_at: string | null) =>
      service('POST', '/v1/credits/add', { user_id: id, type, amount, expires_at, reference: type });
    await add('purchase', 40, null);
    await add('added', 30, '2099-03-01T00:00:00Z');
    await service('POST', '/v1/credits/use', { user_id: id, amount: 5, reference: 'job' });
    const english = await open(PAGE, user);
    expectPage(english);
    for (const text of ['Bought', 'Given', '25 expire on', 'From: Given'])
      expect(english.body).toContain(text);
    const german = await open(PAGE, user, { 'accept-language': 'de' });
    expectPage(german);
    for (const text of ['Ausgabengrenzen', 'Geschenkt', '25 verfallen am'])
      expect(german.body).toContain(text);
  });
});

describe('the caps of members', () => {
  async function team() {
    const owner = await visitor();
    const member = await visitor();
    const { access_token: token, user } = owner.user;
    const id = await foundedBy({ id: user.id, token } as never);
    await service('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' });
    await service('POST', '/v1/credits/add', { organization_id: id, amount: 50, reference: 'start' });
    const memberId = member.user.user.id;
    await service('POST', `/v1/admin/organizations/${id}/members`, { user_id: memberId, role: 'member' });
    const report = async () =>
      (await call('GET', `/v1/organizations/${id}/members/${memberId}/caps`, { token })).body;
    return { id, owner, member, memberId, report, path: `/account/organizations/${id}` };
  }

  it('are set by whoever manages them: those of everybody, and those of one, who has them in their place', async () => {
    const { id, owner, member, memberId, report, path } = await team();
    const ofAll = { form: 'caps', member: '', 'member.credits.month': '30', 'member.cap.images.day': '9' };
    expectLedTo(await submit(path, ofAll, owner), `${path}?done=saved`);
    const ofOne = { form: 'caps', member: memberId, 'member.credits.day': '5', 'member.credits.month': ' ' };
    expectLedTo(await submit(path, ofOne, owner), `${path}?done=saved`);
    expect(await report()).toMatchObject({
      everybody: { credits: { month: 30 }, resources: { images: { day: 9 } } },
      own: { credits: { day: 5 }, resources: {} },
    });
    await service('POST', '/v1/credits/use', {
      organization_id: id,
      user_id: memberId,
      amount: 3,
      reference: 'job',
    });
    const page = await open(path, owner);
    expectPage(page);
    expect(page.body).toContain(`href="?caps=${memberId}#caps"`);
    expect(page.body).not.toContain('name="member.credits.day"');
    const shown = await open(`${path}?caps=${memberId}`, owner);
    expectPage(shown);
    for (const text of ['3 of 5 today', 'every member: at most 30', 'every member: at most 9'])
      expect(shown.body).toContain(text);
    const everybody = await open(`${path}?caps=everybody`, owner);
    expectPage(everybody);
    expect(everybody.body).toContain('Caps of every member');
    // What is wrong is said at its field, with the panel in which it is.
    const wrong = await submit(path, { ...ofOne, 'member.credits.day': '-1' }, owner);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('href="#member.credits.day"');
    expect(wrong.body).toContain(`name="member" value="${memberId}"`);
    expectLedTo(await submit(path, { form: 'caps', member: memberId }, owner), `${path}?done=saved`);
    expect((await report()).own).toBeNull();
    // Whoever may not has neither the form nor the link.
    const theirs = await open(`${path}?caps=${memberId}`, member);
    expectPage(theirs);
    expect(theirs.body).not.toContain('id="caps"');
    expect(theirs.body).not.toContain('#caps');
    const before = await report();
    expect((await submit(path, { ...ofAll, 'member.credits.month': '999' }, member)).status).toBe(403);
    expect(await report()).toEqual(before);
    // Nobody's caps are those of a stranger, or of another organization.
    const stranger = await visitor();
    for (const asked of [stranger.user.user.id, 'usr_none', '"><script>']) {
      const none = await open(`${path}?caps=${encodeURIComponent(asked)}`, owner);
      expectPage(none);
      expect(none.body).not.toContain('id="caps"');
    }
    expect((await submit(path, { ...ofOne, member: stranger.user.user.id }, owner)).status).toBe(404);
    expect((await submit(path, ofAll, stranger)).status).toBe(404);
  });

  it('are set by operators, too, who say how much all spend', async () => {
    const { id, memberId, report } = await team();
    const admin = await operator();
    const path = `/admin/organizations/${id}`;
    const fields = { form: 'caps', member: memberId, 'member.cap.images.month': '4' };
    expectLedTo(await submit(path, fields, admin), `${path}?done=caps`);
    expect((await report()).own).toEqual({ credits: null, resources: { images: { month: 4 } } });
    const shown = await open(`${path}?caps=${memberId}`, admin);
    expectPage(shown);
    expect(shown.body).toMatch(/name="member\.cap\.images\.month"[^>]* value="4"/);
    const most = { form: 'spending', 'credits.month': '40', spending_reason: 'Ticket 7' };
    expectLedTo(await submit(path, most, admin), `${path}?done=caps`);
    const { body } = await call('GET', `/v1/admin/organizations/${id}/spending`, { headers: INTERNAL });
    expect(body.operator_caps).toEqual({ credits: { month: 40 }, resources: {} });
    expect((await auditOf(id)).at(-1)).toMatchObject({ details: { reason: 'Ticket 7', by: 'operator' } });
    const wrong = await submit(path, { ...most, 'credits.month': 'x' }, admin);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('href="#credits.month"');
    const elsewhere = await operator('spending-elsewhere');
    expect((await submit(path, most, { ...elsewhere, realm: 'spending-elsewhere' })).status).toBe(404);
  });
});

describe('the caps that an operator sets for a user', () => {
  it('are on the page of the user, with what the user has set and spent, and a reason for the log', async () => {
    const user = await visitor();
    const { id } = user.user.user;
    const admin = await operator();
    const path = `/admin/users/${id}?tab=plan`;
    await call('PUT', '/v1/me/spending', { token: user.user.access_token, body: { credits: { day: 9 } } });
    await service('POST', '/v1/credits/add', { user_id: id, amount: 50, reference: 'start' });
    await service('POST', '/v1/credits/use', { user_id: id, amount: 4, reference: 'job' });
    const fields = { form: 'spending', 'credits.day': '20', spending_reason: 'Chargeback' };
    expectLedTo(await submit(path, fields, admin), `${path}&done=caps`);
    const report = async () =>
      (await call('GET', `/v1/admin/users/${id}/spending`, { headers: INTERNAL })).body;
    expect(await report()).toMatchObject({
      operator_caps: { credits: { day: 20 }, resources: {} },
      in_force: { credits: { day: 9 } },
    });
    expect((await auditOf(id)).at(-1)).toMatchObject({
      action: 'user_caps_changed',
      actor: admin.user.user.id,
      details: { after: { credits: { day: 20 } }, reason: 'Chargeback' },
    });
    const page = await open(path, admin);
    expectPage(page);
    for (const text of ['4 of 9 today', 'their own: at most 9']) expect(page.body).toContain(text);
    expect(page.body).toMatch(/name="credits\.day"[^>]* value="20"/);
    expectPage(await open(path, admin, { 'accept-language': 'de' }));
    const wrong = await submit(path, { ...fields, 'credits.day': '1.5' }, admin);
    expectPage(wrong, 422);
    expect(wrong.body).toContain('href="#credits.day"');
    expect((await submit(path, fields, user)).status).toBe(403);
    const { user: owner } = await visitor();
    await changeDirectory(owner.user.id, { role: 'owner' });
    expect((await submit(`/admin/users/${owner.user.id}`, fields, admin)).status).toBe(403);
    expectLedTo(await submit(path, { form: 'spending' }, admin), `${path}&done=caps`);
    expect((await report()).operator_caps).toEqual({ credits: null, resources: {} });
  });
});

describe('the keys on the pages of operators', () => {
  it('are listed without their text, and revoked by a dialog with a reason', async () => {
    const admin = await operator();
    const user = await visitor();
    const { id } = user.user.user;
    const key = await userKey(user.user, { name: '<b>Export</b>' });
    const organization = await foundedBy({ id, token: user.user.access_token } as never);
    const shared = await call('POST', `/v1/organizations/${organization}/api-keys`, {
      token: user.user.access_token,
      body: { name: 'Shared' },
    });
    for (const [path, own, name, target, action, objects] of [
      [
        `/admin/users/${id}?tab=access`,
        key,
        '&lt;b&gt;Export&lt;/b&gt;',
        id,
        'user_key_revoked',
        env.ACCOUNT,
      ],
      [
        `/admin/organizations/${organization}?tab=keys`,
        shared.body,
        'Shared',
        organization,
        'organization_key_revoked',
        env.ORGANIZATION,
      ],
    ] as const) {
      const page = await open(path, admin);
      expectPage(page);
      expect(page.body).toContain(name);
      expect(page.body).not.toContain(secretOf(own.key).slice(4));
      const send = (fields: object) => submit(path, { form: 'revoke_key', key: own.id, ...fields }, admin);
      const wrong = await send({ [`reason.${own.id}`]: 'x'.repeat(501) });
      expectPage(wrong, 422);
      expect(wrong.body).toContain(`href="#reason.${own.id}"`);
      expectLedTo(await send({ [`reason.${own.id}`]: 'leaked' }), `${path}&done=key_revoked`);
      await runDurableObjectAlarm(objects.get(objects.idFromName(target)) as never);
      expect((await auditOf(target)).at(-1)).toMatchObject({ action, details: { reason: 'leaked' } });
      expect((await authorizeBy(own.key)).body.reason).toBe('invalid_token');
      // A page that was opened earlier can still send it.
      const again = await send({});
      expectPage(again, 404);
      expect((await submit(path, { form: 'revoke_key', key: own.id }, user)).status).toBe(403);
    }
  });
});

describe('the caps of an organization', () => {
  it('are on its page for who manages them, and for nobody else', async () => {
    const owner = await visitor();
    const { access_token: token, user } = owner.user;
    const id = await foundedBy({ id: user.id, token } as never);
    await service('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' });
    await service('POST', '/v1/credits/add', { organization_id: id, amount: 50, reference: 'start' });
    const member = await visitor();
    await service('POST', `/v1/admin/organizations/${id}/members`, {
      user_id: member.user.user.id,
      role: 'member',
    });
    const path = `/account/organizations/${id}`;
    const fields = { form: 'spending', 'credits.month': '30' };
    expectLedTo(await submit(path, fields, owner), `${path}?done=saved`);
    const page = await open(path, owner);
    expectPage(page);
    for (const text of ['How much all members may spend together', 'Given', 'name="cap.images.day"'])
      expect(page.body).toContain(text);
    const refused = await submit(path, { ...fields, 'credits.month': '999' }, member);
    expect(refused.status).toBe(403);
    const theirs = await open(path, member);
    expectPage(theirs);
    expect(theirs.body).not.toContain('name="credits.month"');
    const caps = await call('GET', `/v1/admin/organizations/${id}/spending`, { headers: INTERNAL });
    expect(caps.body.caps).toEqual({ credits: { month: 30 }, resources: {} });
  });
});
