import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { FORMS, PAGES } from '../support/account-pages.ts';
import { call, ORIGIN } from '../support/api.ts';
import { PROTOTYPE_KEYS, text } from '../support/hostile.ts';
import { images } from '../support/images.ts';
import { project } from '../support/projection.ts';
import { mapPrices } from '../support/stripe.ts';
import {
  cookieOf,
  open,
  submit,
  upload,
  type Visitor,
  visitor,
  withoutOwnScripts,
} from '../support/visitor.ts';

const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';

/** Nothing that came from outside is anything but text. */
function expectInert(body: string): void {
  expect(withoutOwnScripts(body)).not.toContain('<script');
  expect(body).not.toMatch(/<img src=x/);
}

it('shows what users write of themselves as text', async () => {
  const user = await visitor();
  const sent: Record<string, string>[] = [
    { form: 'profile', name: MARKUP, given_name: MARKUP, family_name: MARKUP, bio: `</textarea>${MARKUP}` },
    { form: 'profile', name: 'x'.repeat(201), username: MARKUP, phone_number: MARKUP, country: MARKUP },
  ];
  for (const fields of sent) {
    const answer = await submit('/account/profile', fields, user);
    expect([303, 422]).toContain(answer.status);
    expectInert(answer.body);
  }
  const email = await submit('/account/security', { form: 'email', email: MARKUP, password: MARKUP }, user);
  expectInert(email.body);
  for (const path of PAGES) {
    const { body } = await open(path, user);
    expect(body).toContain('&lt;script&gt;');
    expectInert(body);
  }
});

it('shows devices, places and log entries as text', async () => {
  const user = await visitor();
  const cookie = await cookieOf(user.user, { userAgent: `${MARKUP.replaceAll(' ', '')}/1.0` });
  const { id } = user.user.user;
  await project(id);
  await env.DB.prepare(
    "INSERT INTO activity (user_id, seq, realm_id, at, type, ip, country, user_agent) VALUES (?, 900, 'default', 1, ?, ?, ?, ?)",
  )
    .bind(id, MARKUP, MARKUP, MARKUP, MARKUP)
    .run();
  for (const path of ['/account/devices', '/account/activity']) {
    const { body } = await open(path, { cookie });
    expect(body).toContain('&lt;script&gt;');
    expectInert(body);
  }
});

it('shows what a provider says of a user as text, and nothing of an address', async () => {
  const user = await visitor();
  await env.DB.prepare(
    `INSERT INTO identities (user_id, realm_id, provider, subject, email, email_verified, name, profile, tokens, created_at, updated_at)
     VALUES (?, 'default', ?, ?, ?, 1, ?, '{}', '', 1, 1)`,
  )
    .bind(user.user.user.id, MARKUP, MARKUP, MARKUP, MARKUP)
    .run();
  const { body } = await open('/account/identities', user);
  expect(body).toContain('&lt;script&gt;');
  expectInert(body);
  for (const [error, provider] of [
    [MARKUP, MARKUP],
    ['provider_denied', MARKUP],
    ['constructor', 'google'],
    ['__proto__', 'google'],
  ]) {
    const query = new URLSearchParams({ error: error as string, provider: provider as string });
    const answer = await open(`/account/identities?${query}`, user);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('Linking did not work.');
    expectInert(answer.body);
  }
});

/** Names that break the part of the form that they are in, or say that there is no file. */
const UNREADABLE: Record<string, number> = { 'a\r\nb: c': 422, '\0': 400, '': 422 };

it('takes no notice of the name of a file, as long as there is one', async () => {
  const user = await visitor();
  for (const name of [MARKUP, '../../etc/passwd', 'a\r\nb: c', '\0', 'x'.repeat(3000), '']) {
    const answer = await upload('/account/avatar', images.pngRgb, user, { name });
    expect(answer.status, name).toBe(UNREADABLE[name] ?? 303);
  }
});

it('sends nobody elsewhere', async () => {
  for (const path of [
    '//evil.example/account',
    '/account//evil.example',
    '/realms//account',
    '/account/..//evil.example',
  ]) {
    const { status, headers } = await open(path);
    expect([303, 404], path).toContain(status);
    if (status === 303) expect(headers.get('location')).toMatch(/^\/login\?redirect_to=%2Faccount/);
  }
  const user = await visitor();
  const { headers } = await submit(
    '/account/profile?redirect_to=https://evil.example',
    { form: 'profile' },
    user,
  );
  expect(new URL(headers.get('location') as string, ORIGIN).origin).toBe(ORIGIN);
});

/** The field that names a form, mostly right; and what else a form may have in it. */
const names = Object.values(FORMS).map(({ fields }) => fields('').form ?? '');
const FIELDS = [...new Set(Object.values(FORMS).flatMap(({ fields }) => Object.keys(fields(''))))];
const pairs = fc
  .tuple(
    fc.oneof({ arbitrary: fc.constantFrom(...names), weight: 9 }, { arbitrary: text, weight: 1 }),
    fc.array(
      fc.tuple(
        fc.constantFrom(...FIELDS, 'bio', 'locale', 'code', 'given_name', 'product_news', ...PROTOTYPE_KEYS),
        text,
      ),
      { maxLength: 8 },
    ),
  )
  .map(
    ([form, others]) =>
      [['form', form], ...others].map((pair) => pair.map((part) => part?.toWellFormed())) as [
        string,
        string,
      ][],
  );

const TYPES = [
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'text/plain',
  'application/json',
  '',
];
const bodies: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  { arbitrary: pairs.map((entries) => new URLSearchParams(entries).toString()), weight: 8 },
  { arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => new Uint8Array(bytes)), weight: 1 },
  {
    arbitrary: fc.constantFrom(
      'form=profile&name=%ff%fe',
      'form=profile&name=%00',
      'form=preferences&theme=dark&theme=light&form=profile',
      '&&=&=&',
      '%',
      `form=profile&bio=${'é'.repeat(40_000)}`,
      `form=profile${'&a=b'.repeat(10_000)}`,
      '--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\nb\r\n--x--\r\n',
      '--x\r\nContent-Disposition: form-data; name="picture"\r\n\r\nb\r\n--x--\r\n',
      '--x\r\n\r\n\r\n--y',
    ),
    weight: 2,
  },
);

let user: Visitor;
beforeAll(async () => {
  await mapPrices();
  user = await visitor({ phone_number: '+442071838770' });
});

it('answers whatever a form is filled with, and never by failing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...new Set(Object.values(FORMS).map(({ path }) => path))),
      fc.oneof(
        { arbitrary: fc.constant(TYPES[0] as string), weight: 6 },
        { arbitrary: fc.constantFrom(...TYPES), weight: 3 },
      ),
      bodies,
      async (path, type, raw) => {
        const headers = { origin: ORIGIN, cookie: user.cookie, 'content-type': type };
        const answer = await call('POST', path, { raw, headers });
        expect(answer.status, JSON.stringify(answer.body)?.slice(0, 300)).toBeLessThan(500);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        if (typeof answer.body === 'string') expectInert(answer.body);
        // It may have signed itself out, or have another password.
        if ((await open('/account/devices', user)).status !== 200)
          user = await visitor({ phone_number: '+442071838770' });
      },
    ),
    { numRuns: 250, seed: Number(process.env.SEED ?? 7) },
  );
});

it('shows every page whatever its query', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PAGES),
      fc.constantFrom('done', 'cursor', 'error', 'provider', 'ui_locales', 'redirect_to', ...PROTOTYPE_KEYS),
      text,
      async (path, name, value) => {
        const answer = await open(
          `${path}?${new URLSearchParams({ [name]: value.toWellFormed().slice(0, 4000) })}`,
          user,
        );
        expect(answer.status).toBeLessThan(500);
        expectInert(answer.body);
      },
    ),
    { numRuns: 100 },
  );
});
