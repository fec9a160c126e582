import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { lastDates } from '../../src/lib/calendar.ts';
import { scaleOf } from '../../src/pages/kit/trend-chart.tsx';
import { createServices } from '../../src/services.ts';
import { changeDirectory, createRealm } from '../support/api.ts';
import { countedBindings } from '../support/counted.ts';
import { expectPage, open, type Visitor, visitor } from '../support/visitor.ts';

const REALM = 'overviewed';
/** Sign-ins of the days before today, the newest first. */
const DAYS = [...Array(7).fill(20), ...Array(7).fill(16), ...Array(800).fill(1)];

let admin: Visitor;

beforeAll(async () => {
  await createRealm(REALM, { name: 'Overviewed' });
  admin = await visitor({}, { realm: REALM });
  await changeDirectory(admin.user.user.id, { role: 'admin' });
  await env.DB.prepare('DELETE FROM realm_days WHERE realm_id = ?').bind(REALM).run();
  const dates = lastDates(DAYS.length, Date.now()).toReversed();
  const insert = env.DB.prepare(
    'INSERT INTO realm_days (realm_id, date, sign_ups, sign_ins, active_users) VALUES (?, ?, 0, ?, 3)',
  );
  await env.DB.batch(dates.map((date, at) => insert.bind(REALM, date, DAYS[at])));
});

/** The card of a figure. */
function cardIn(body: string, title: string): string {
  return new RegExp(`<a[^>]*><span class="soft">${title}</span>.*?</a>`).exec(body)?.[0] ?? '';
}

describe('figures', () => {
  it.each([
    ['7d', '140', '+25%', 7],
    ['30d', '268', undefined, 30],
    ['90d', '328', '+264%', 90],
    ['12m', '602', '+65%', 52],
  ])('%s: the sum, its change, and a chart with so many points', async (range, sum, change, points) => {
    const { body, ...answer } = await open(`/admin?range=${range}&figure=signIns`, admin);
    expectPage({ body, ...answer });
    const card = cardIn(body, 'Sign-ins');
    expect(card).toContain(`<strong>${sum}</strong>`);
    if (change) expect(card).toContain(change);
    expect(card).toContain('aria-current="true"');
    const [, list = ''] = /<\/svg><ol aria-hidden="true">(.*?)<\/ol>/.exec(body) ?? [];
    expect(list.match(/<li/g)).toHaveLength(points);
    // The table is there for who cannot see the chart.
    const [figure = ''] = /<figure.*?<\/figure>/s.exec(body) ?? [];
    expect(figure.match(/<th scope="row">/g)).toHaveLength(points);
    expect(figure).toContain('role="img"');
  });

  it('users who are active on several days count as a mean, not as a sum', async () => {
    const { body } = await open('/admin?range=7d', admin);
    expect(cardIn(body, 'Active users a day')).toContain('<strong>3</strong>');
  });

  it('a change that says nothing is left out', async () => {
    const { body } = await open('/admin?range=30d', admin);
    // None before, and none now.
    expect(cardIn(body, 'Sign-ups')).not.toContain('%');
  });

  it('keep the range and the figure in their addresses, and show the usual for others', async () => {
    const { body } = await open('/admin?range=7d&figure=signUps', admin);
    expect(body).toContain('href="/realms/overviewed/admin?range=7d&amp;figure=signIns"');
    expect(body).toContain('href="/realms/overviewed/admin?range=90d&amp;figure=signUps"');
    for (const query of ['range=<b>', 'range=constructor', 'figure=use.__proto__', 'figure=%00']) {
      const odd = await open(`/admin?${query}`, admin);
      expectPage(odd);
      expect(odd.body).toContain('range=30d&amp;figure=activeUsers" aria-current="true"');
    }
  });

  it('of use name those who use most of what is shown', async () => {
    const { body } = await open('/admin?figure=use.videos', admin);
    expect(body).toMatch(/aria-current="true"><span class="soft">Videos/);
  });
});

it('scales are round, and hold every number', () => {
  expect(scaleOf([])).toEqual([0, 1]);
  expect(scaleOf([3])).toEqual([0, 1, 2, 3]);
  expect(scaleOf([39])).toEqual([0, 10, 20, 30, 40]);
  expect(scaleOf([401])).toEqual([0, 100, 200, 300, 400, 500]);
  for (let most = 1; most < 1e9; most = Math.ceil(most * 1.37)) {
    const scale = scaleOf([most]);
    expect(scale.at(-1)).toBeGreaterThanOrEqual(most);
    expect(scale.length).toBeLessThanOrEqual(6);
    expect(scale.every(Number.isInteger)).toBe(true);
  }
});

it('every range costs the same statements', async () => {
  const { bindings, counted } = countedBindings();
  const app = createApp(createServices(bindings), bindings);
  const ask = (query: string) =>
    app.request(
      `https://auth.test/realms/${REALM}/admin${query}`,
      { headers: { cookie: admin.cookie, accept: 'text/html' } },
      bindings,
    );
  // What an isolate keeps is read once.
  expect((await ask('')).status).toBe(200);
  for (const query of ['', '?range=7d', '?range=90d&figure=signIns', '?range=12m&figure=use.videos']) {
    counted.statements = 0;
    expect((await ask(query)).status).toBe(200);
    expect(counted.statements, query).toBe(18);
  }
});
