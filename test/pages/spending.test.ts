import { describe, expect, it } from 'vitest';
import { call, INTERNAL } from '../support/api.ts';
import { foundedBy } from '../support/organizations.ts';
import { expectLedTo, expectPage, open, submit, visitor } from '../support/visitor.ts';

const PAGE = '/account/usage';
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
