import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { FORMS, type FormCase, OTHER_ADDRESSES, PAGES, PUBLIC } from '../support/account-pages.ts';
import { call, changeDirectory, createRealm, expectProblem, ORIGIN } from '../support/api.ts';
import { images } from '../support/images.ts';
import { mapPrices } from '../support/stripe.ts';
import { expectLedTo, expectPage, open, submit, upload, type Visitor, visitor } from '../support/visitor.ts';

const PHONE = '+442071838751';

const toSignIn = (path: string, realm = '') =>
  `${realm}/login?${new URLSearchParams({ redirect_to: `${realm}${path}` })}`;

/** Sends a form, with a picture if it takes one. */
const send = (form: FormCase, by: Partial<Visitor>, headers: Record<string, string> = {}) =>
  form.upload
    ? upload(form.path, images.pngRgb, by, { headers })
    : submit(form.path, form.fields(by.user?.user.email ?? ''), by, headers);

/** Everybody who is not signed in, or not any more. */
const OUTSIDERS: Record<string, () => Promise<Partial<Visitor>>> = {
  'a stranger': async () => ({}),
  'a stranger with a cookie that was made up': async () => ({ cookie: '__Host-latchkey=lkr.a.b.1.c' }),
  'a user whose session has ended': async () => {
    const ended = await visitor();
    const headers = { cookie: ended.cookie, origin: ORIGIN };
    expect((await call('POST', '/v1/auth/logout', { headers })).status).toBe(204);
    return { cookie: ended.cookie };
  },
  'a suspended user': async () => {
    const suspended = await visitor();
    await changeDirectory(suspended.user.user.id, { status: 'suspended' });
    return { cookie: suspended.cookie };
  },
  'a user of another realm, under the name of this one’s cookie': async () => {
    const { cookie } = await visitor({}, { realm: 'neighbour' });
    return { cookie: cookie.replace('__Host-latchkey-neighbour=', '__Host-latchkey=') };
  },
};

beforeAll(async () => {
  await createRealm('neighbour', { name: 'Neighbour', color: '#0f766e' });
  await mapPrices();
});

it('the table knows every route', () => {
  const bindings = env as unknown as Bindings;
  const routed = createApp(createServices(bindings), bindings)
    .routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/account'))
    .map(({ method, path }) => `${method} ${path}`);
  const known = [
    ...[...PAGES, ...Object.keys(OTHER_ADDRESSES), ...PUBLIC].map((path) => `GET ${path}`),
    ...Object.values(FORMS).map(({ path }) => `POST ${path}`),
    // What its forms answer is a page with a secret: test/factors/policy.test.ts goes through them.
    'POST /account/two-step',
    // The same: test/pages/account-keys.test.ts goes through them.
    'POST /account/api-keys',
    // One has to be in one: test/browser/organizations.test.ts goes through them.
    'GET /account/organizations/:id',
    'POST /account/organizations/:id',
  ];
  expect([...new Set(routed)].toSorted()).toEqual([...new Set(known)].toSorted());
});

describe.each(Object.keys(OUTSIDERS))('%s', (name) => {
  it('is sent to sign in by every page and form, and comes back to the page', async () => {
    const outsider = await (OUTSIDERS[name] as () => Promise<Partial<Visitor>>)();
    for (const path of [...PAGES, ...Object.keys(OTHER_ADDRESSES)]) {
      expectLedTo(await open(`${path}?done=saved`, outsider), toSignIn(path));
    }
    for (const form of Object.values(FORMS)) expectLedTo(await send(form, outsider), toSignIn(form.path));
  });
});

describe('somebody who is signed in', () => {
  it('sees every page, in both languages, with its place in the menu', async () => {
    const user = await visitor({ name: 'Ada Lovelace' });
    for (const [language, signOut] of [
      ['en', 'Sign out'],
      ['de', 'Abmelden'],
    ]) {
      for (const path of PAGES) {
        const answer = await open(path, user, { 'accept-language': language as string });
        expectPage(answer);
        expect(answer.headers.get('content-language')).toBe(language);
        expect(answer.body).toContain(`<a href="${path}" aria-current="page" class="item">`);
        expect(answer.body).toContain(signOut);
        expect(answer.body).toContain('Ada Lovelace');
      }
    }
  });

  it('is led from the root to their account', async () => {
    expectLedTo(await open('/', await visitor()), '/account');
  });

  it('is led from the addresses of forms to their page', async () => {
    const user = await visitor();
    for (const [path, location] of Object.entries(OTHER_ADDRESSES)) {
      if (location) expectLedTo(await open(path, user), location);
    }
  });

  it('stays in their realm, which has its own brand', async () => {
    const user = await visitor({}, { realm: 'neighbour' });
    for (const path of PAGES) {
      const answer = await open(path, user);
      expectPage(answer);
      expect(answer.body).toContain('Neighbour');
      expect(answer.body).toContain('--brand:#0f766e');
      // Every link and every form that names an address.
      const addresses = [...answer.body.matchAll(/(?:href|action)="(\/[^"]*)"/g)].map(
        ([, address]) => address,
      );
      const outside = addresses.filter(
        (address) => !/^\/(realms\/neighbour|pages)\//.test(address as string),
      );
      expect(outside).toEqual([]);
    }
    expectLedTo(await open('/account', { realm: 'neighbour' }), toSignIn('/account', '/realms/neighbour'));
    expectLedTo(await open('/account', { cookie: user.cookie }), toSignIn('/account'));
  });

  it('has the page say what was done, from a closed list', async () => {
    const user = await visitor();
    expect((await open('/account?done=saved', user)).body).toContain('role="status"');
    for (const done of ['constructor', '__proto__', 'toString', '<b>hello</b>', '']) {
      const { body } = await open(`/account?${new URLSearchParams({ done })}`, user);
      expect(body).not.toContain('role="status"');
    }
  });
});

describe.each(Object.entries(FORMS))('the form: %s', (_, form) => {
  it('leads on when it is right', async () => {
    const user = await visitor({ phone_number: PHONE });
    expectLedTo(await send(form, user), form.to);
  });

  it('is refused from elsewhere', async () => {
    const user = await visitor({ phone_number: PHONE });
    for (const origin of ['https://evil.example', 'null', '']) {
      expectProblem(await send(form, user, { origin }), 403, 'origin_not_allowed');
    }
    // It may call the API, in development; yet it is not this page.
    expectProblem(await send(form, user, { origin: 'http://localhost:3000' }), 403, 'origin_not_allowed');
  });

  it(
    form.verified ? 'explains itself to who has not confirmed their address' : 'needs no address',
    async () => {
      const user = await visitor({ phone_number: PHONE }, { verified: false });
      const answer = await send(form, user);
      if (!form.verified) return expectLedTo(answer, form.to);
      expectPage(answer, 403);
      expect(answer.body).toContain('role="alert"');
      expect(answer.body).toContain('Please confirm your email address first');
      expect(answer.body).toContain('Send the link again');
    },
  );
});

it('shows who has not confirmed their address what has to wait', async () => {
  const user = await visitor({}, { verified: false });
  for (const path of PAGES) expect((await open(path, user)).body).toContain('Send the link again');
  for (const path of ['/account/profile', '/account/security', '/account/billing', '/account/data']) {
    const { body } = await open(path, user);
    expect(body).toContain('<fieldset disabled="">');
    expect(body).toContain('once you have confirmed your email address');
  }
  expectLedTo(await open('/account/data/export', user), '/account/data');
});
