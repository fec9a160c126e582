import { describe, expect, it } from 'vitest';
import { call, INTERNAL } from '../support/api.ts';
import { changePlan } from '../support/metering.ts';
import { project } from '../support/projection.ts';
import { expectPage, open, type Visitor, visitor } from '../support/visitor.ts';

const PAGE = '/account/usage';

async function asService(path: string, body: object): Promise<void> {
  const { status } = await call('POST', path, { headers: INTERNAL, body });
  expect([200, 201]).toContain(status);
}
const use = ({ user }: Visitor, resource: string, quantity: number) =>
  asService('/v1/usage', { user_id: user.user.id, resource, quantity });
const addCredits = ({ user }: Visitor, amount: number, reference: string, more: object = {}) =>
  asService('/v1/credits/add', { user_id: user.user.id, amount, reference, ...more });

/** The part of a page that has that id on its heading. */
const panel = ({ body }: { body: string }, id: string) =>
  body.split('<section ').find((part) => part.startsWith(`class="panel" aria-labelledby="${id}"`)) ?? '';

describe('the quotas', () => {
  it('say what was used, what is left and when it starts afresh', async () => {
    const user = await visitor();
    await use(user, 'images', 17);
    const page = await open(PAGE, user);
    expectPage(page);
    expect(panel(page, 'plan')).toContain('<strong>Free</strong>');
    const images = panel(page, 'resource-images');
    expect(images).toContain('17 of 20');
    expect(images).toContain('3 left');
    expect(images).toMatch(
      /<meter aria-labelledby="resource-images" min="0" max="20" low="16" high="20" optimum="0" value="17">/,
    );
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(images).toContain(`datetime="${tomorrow}T00:00:00.000Z"`);
    expect(panel(page, 'resource-tokens')).toContain('0 of 100,000');
  });

  it('say of what is unlimited that it is, and of what a plan does not have that it has not', async () => {
    const user = await visitor();
    const limits = { images: { day: null }, videos: { day: 0 } };
    await changePlan(user.user.user.id, { custom_limits: limits });
    await use(user, 'images', 1234);
    const page = await open(PAGE, user);
    expect(panel(page, 'resource-images')).toContain('Unlimited');
    expect(panel(page, 'resource-images')).toContain('1,234');
    expect(panel(page, 'resource-images')).not.toContain('<meter');
    expect(panel(page, 'resource-videos')).toContain('Not in your plan');
  });

  it('never fill a meter beyond its end, and name resources that nobody has translated', async () => {
    const user = await visitor();
    const { id } = user.user.user;
    await use(user, 'images', 15);
    await changePlan(id, { custom_limits: { images: { day: 10 }, render_minutes: { month: 5 } } });
    const page = await open(PAGE, user);
    expect(panel(page, 'resource-images')).toMatch(/15 of 10.*value="10">.*0 left/);
    expect(panel(page, 'resource-render_minutes')).toContain('Render minutes');
  });
});

describe('the charts', () => {
  it('have a bar for each day with usage, and a table that says the same', async () => {
    const user = await visitor();
    await use(user, 'images', 7);
    await project(user.user.user.id);
    const images = panel(await open(PAGE, user), 'resource-images');
    // One bar, and a number for each day that is pointed at.
    expect(/<path d="([^"]*)"/.exec(images)?.[1]?.match(/M/g)).toHaveLength(1);
    expect(images.match(/<rect /g)).toHaveLength(30);
    expect(images).toContain('aria-label="Images: the last 30 days. 7 in total. The most was 7, on ');
    expect(images.match(/<tr>/g)).toHaveLength(31);
    expect(images).toContain('<td class="number">7</td>');
  });

  it('are left out where nothing was used, and have no style that the page may not have', async () => {
    const user = await visitor();
    const { body } = await open(PAGE, user);
    expect(body).toContain('Nothing in the last 30 days.');
    expect(body).not.toContain('class="plot"');
    expect(body).not.toContain(' style=');
  });

  it('show the user’s own only', async () => {
    const [ada, bob] = [await visitor(), await visitor()];
    await use(ada, 'videos', 4);
    await addCredits(ada, 77, 'ada-1', { description: 'A gift to Ada' });
    await project(ada.user.user.id);
    const page = await open(PAGE, bob);
    expect(panel(page, 'resource-videos')).toContain('0 of 5');
    expect(panel(page, 'resource-videos')).not.toContain('<svg');
    expect(page.body).not.toContain('A gift to Ada');
  });
});

it('tokens are summed by model, in the numbers of the language', async () => {
  const user = await visitor();
  const token = user.user.access_token;
  for (const [model, input_tokens] of [
    ['gpt-4o-mini', 1200],
    ['gpt-4o-mini', 300],
  ] as const) {
    const body = { model, input_tokens, output_tokens: 50 };
    expect((await call('POST', '/v1/me/tokens', { token, body })).status).toBe(200);
  }
  await project(user.user.user.id);
  const models = panel(await open(PAGE, user, { 'accept-language': 'de' }), 'models');
  expect(models).toContain('<strong>gpt-4o-mini</strong>');
  expect(models).toContain('1.500 ein · 100 aus · Anfragen: 2');
  expect(models).toContain('1.600 Tokens');
});

describe('credits', () => {
  it('are listed page by page, newest first', async () => {
    const user = await visitor();
    for (let number = 1; number <= 11; number += 1) {
      await addCredits(user, number, `order-${number}`, { description: `Order <${number}>.` });
    }
    const first = await open(PAGE, user);
    expect(panel(first, 'credits')).toContain('<strong>66</strong>');
    expect(first.body).toContain('Order &lt;11&gt;.');
    expect(first.body).not.toContain('Order &lt;1&gt;.');
    expect(first.body).toContain('+11');
    const older = /href="(\/account\/usage\?cursor=\d+)#credits" rel="next"/.exec(first.body)?.[1] as string;
    const second = await open(older, user);
    expect(second.body).toContain('Order &lt;1&gt;.');
    expect(second.body).not.toContain('Order &lt;2&gt;.');
    expect(second.body).toContain('href="/account/usage#credits"');
    expect(second.body).not.toContain('rel="next"');
    // One that was made up shows the newest.
    expect((await open(`${PAGE}?cursor=x`, user)).body).toContain('Order &lt;11&gt;.');
  });

  it('say when they expire', async () => {
    const user = await visitor();
    await addCredits(user, 5, 'gift', { type: 'grant', expires_at: '2031-05-06T07:08:09Z' });
    expect(panel(await open(PAGE, user), 'credits')).toContain('datetime="2031-05-06T07:08:09.000Z"');
  });
});
