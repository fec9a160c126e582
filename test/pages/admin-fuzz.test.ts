import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { call, changeDirectory, createRealm, ORIGIN } from '../support/api.ts';
import { PROTOTYPE_KEYS, text } from '../support/hostile.ts';
import { mapPrices } from '../support/stripe.ts';
import { open, submit, type Visitor, visitor, withoutOwnScripts } from '../support/visitor.ts';

const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
const SEED = Number(process.env.SEED ?? 7);

/** Values that mean something somewhere, mostly not where they are put. */
const ODD = [
  '',
  ' ',
  '0',
  '-1',
  '1.5',
  '1e99',
  '9'.repeat(40),
  'NaN',
  'on',
  '*',
  'unlimited',
  'unbegrenzt',
  '2024-02-30',
  '9999-12-31',
  '275760-09-14',
  'owner',
  'active',
  'suspended',
  'reactivate',
  'default',
  'pro',
  'images',
  'https://a.example',
  'javascript:alert(1)',
  '%00',
  '\u0000',
  '\u202e',
  '💥'.repeat(300),
  MARKUP,
  ...PROTOTYPE_KEYS,
];
const value = fc.oneof({ arbitrary: fc.constantFrom(...ODD), weight: 3 }, { arbitrary: text, weight: 1 });

/** Each page's forms with what is right in them. `:id` is a user. */
const FORMS: Record<string, Record<string, Record<string, string>>> = {
  '/admin/users': { bulk: { act: 'reset', bulk_reason: 'Fuzz', confirmed: '1', 'user-:id': 'on' } },
  '/admin/users/new': {
    new: {
      ...{ email: 'fuzz-:id@example.com', name: 'New', username: '', password: '', phone_number: '' },
      ...{ country: 'DE', locale: 'de', role: 'user', plan: 'free', email_verified: 'on' },
    },
  },
  '/admin/users/:id': {
    profile: {
      ...{ email: 'new-:id@example.com', name: 'Changed', given_name: '', family_name: '', username: '' },
      ...{ phone_number: '', country: 'DE', locale: 'de', picture: '', bio: '' },
    },
    status: { status: 'suspended', status_reason: 'Fuzz' },
    role: { role: 'admin', role_reason: 'Fuzz' },
    verify: { verify_reason: 'Fuzz' },
    reset: { reset_reason: 'Fuzz' },
    plan: { plan: 'pro', plan_expires: '2099-01-01' },
    limits: {
      'limits.images.day': '7',
      'limits.tokens.month': '*',
      'limits.constructor.day': '1',
      'limits.__proto__.month': '1',
    },
    credits: { amount: '5', credits_reason: 'Fuzz', reference: 'fuzz' },
    end_session: { session: 'ses_none' },
    end_sessions: {},
    delete: { confirmation: '', delete_reason: 'Fuzz' },
  },
  '/admin/mail/msg_none': { retry: {} },
  '/admin/billing': {
    replay: { event: 'evt_none' },
    prices: {
      ...{ 'price_id.0': 'price_pro_month', 'plan.0': 'pro', 'credits.0': '' },
      ...{ 'price_id.49': 'price_credits_500', 'credits.49': '500', 'price_id.50': '' },
    },
  },
  '/admin/plans': { add: { id: 'another', name: 'Another' } },
  '/admin/plans/fuzzed': {
    plan: {
      ...{ name: 'Fuzzed', monthly_credits: '0', model_tiers: 'standard', features: 'early' },
      ...{ new_resource: 'songs', 'new.day': '1', 'new.month': '', 'limits.images.day': '1' },
      ...{ 'limits.constructor.day': '1', 'limits.__proto__.month': '1', reason: 'Fuzz' },
    },
  },
  '/admin/realms': { create: { id: 'another', name: 'Another' } },
  '/admin/realms/fuzzed': {
    policy: {
      ...{ registration: 'open', audience: '' },
      ...{ allowed_origins: 'https://a.example', redirect_targets: 'https://a.example/b' },
      ...{ access_token_seconds: '600', session_idle_seconds: '1200', session_absolute_seconds: '2400' },
      refresh_grace_seconds: '30',
      breached_passwords: 'refused',
      challenge: 'off',
    },
    appearance: {
      ...{ name: 'Fuzzed', color: '#0f766e', logo: '', 'appearance.providers': 'above' },
      ...{ 'appearance.terms': 'https://a.example', 'appearance.welcome.en': 'Hello' },
    },
    remove_picture: { picture: 'logo' },
    rotate: {},
  },
  '/admin/keys': {
    create: { name: 'Fuzzed', expires_at: '2099-01-01', 'scopes.admin': 'on' },
    rotate: { key: 'key_none', 'overlap.key_none': '0' },
    revoke: { key: 'key_none', 'confirm.key_none': 'on' },
  },
  '/admin/clients': {
    create: {
      ...{ name: 'Fuzzed', redirect_uris: 'https://a.example/cb', token_endpoint_auth_method: 'none' },
      ...{ scopes: 'openid', first_party: 'on' },
    },
    rotate: { client: 'cli_none', 'overlap.cli_none': '0' },
    delete: { client: 'cli_none', 'confirm.cli_none': 'on' },
  },
  '/admin/resources': {
    create: { name: 'Fuzzed', resource: 'https://api.example/', scopes: 'images:read', open: 'on' },
    edit: { resource: 'res_none', 'name.res_none': 'Fuzzed', 'access_token_seconds.res_none': '60' },
    delete: { resource: 'res_none', 'confirm.res_none': 'on' },
  },
  '/admin/webhooks': {
    create: { url: 'https://hooks.example.com/', events: 'user.created', description: 'Fuzzed' },
  },
};

const forms = Object.entries(FORMS).flatMap(([path, named]) =>
  Object.entries(named).map(([form, right]) => ({ path, form, right })),
);

/** A form that is right but for some fields, or for its name. */
const posts = fc.constantFrom(...forms).chain(({ path, form, right }) =>
  fc.record({
    path: fc.constant(path),
    fields: fc
      .tuple(
        fc.oneof({ arbitrary: fc.constant(form), weight: 15 }, { arbitrary: value, weight: 1 }),
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(right), ...PROTOTYPE_KEYS), value), {
          maxLength: 3,
        }),
      )
      .map(([name, changes]) => ({ form: name, ...right, ...Object.fromEntries(changes) })),
  }),
);

const PAGES = [
  '/admin',
  '/admin/users',
  '/admin/users/new',
  '/admin/users/:id',
  '/admin/activity',
  '/admin/activity?log=operators',
  '/admin/mail',
  '/admin/billing',
  '/admin/plans',
  '/admin/plans/fuzzed',
  '/admin/realms',
  '/admin/realms/fuzzed',
  '/admin/keys',
  '/admin/clients',
  '/admin/resources',
  '/admin/webhooks',
];
const QUERIES = [
  ...['done', 'count', 'cursor', 'shortfalls', 'status', 'log', 'ui_locales', 'redirect_to'],
  ...['q', 'role', 'plan', 'email_verified', 'created_after', 'created_before', 'sort', 'order', 'limit'],
  ...['user_id', 'type', 'from', 'until', 'actor', 'action', 'target'],
];
/** Cursors as they look, of what is not there. */
const cursors = fc.oneof(
  fc.json({ maxDepth: 2 }).map((json) => btoa(unescape(encodeURIComponent(json)))),
  fc.tuple(fc.double(), fc.string()).map((pair) => btoa(unescape(encodeURIComponent(JSON.stringify(pair))))),
  fc.integer().map(String),
);

let owner: Visitor;
let target: Visitor;

/** Who is fuzzed may be deleted by it; who fuzzes may not. */
async function renewTarget(): Promise<void> {
  target = await visitor({ name: 'Target' });
}

beforeAll(async () => {
  await createRealm('fuzzed');
  await mapPrices();
  owner = await visitor();
  await changeDirectory(owner.user.user.id, { role: 'owner' });
  await submit('/admin/plans', { form: 'add', id: 'fuzzed', name: 'Fuzzed' }, owner);
  await renewTarget();
});

const concrete = (path: string) => path.replace(':id', target.user.user.id);

function expectFine({ status, headers, body }: Awaited<ReturnType<typeof open>>, what: string): void {
  expect(status, what).toBeLessThan(500);
  expect(headers.get('cache-control')).toBe('no-store');
  if (typeof body !== 'string') return;
  expect(withoutOwnScripts(body), what).not.toContain('<script');
  expect(body, what).not.toMatch(/<img src=x/);
}

it('answers whatever a form is filled with, and never by failing', async () => {
  const statuses: number[] = [];
  await fc.assert(
    fc.asyncProperty(posts, async ({ path, fields }) => {
      const sent = Object.entries(fields).map((pair) =>
        pair.map((part) => concrete(part).toWellFormed()),
      ) as [string, string][];
      const answer = await submit(concrete(path), sent, owner);
      expectFine(answer, `${path}: ${JSON.stringify(sent)}`);
      statuses.push(answer.status);
      if ((await open(concrete('/admin/users/:id'), owner)).status !== 200) await renewTarget();
    }),
    { numRuns: 200, seed: SEED },
  );
  // It is the forms that were tried: many were accepted, and many refused.
  for (const status of [303, 422]) {
    expect(statuses.filter((one) => one === status).length, String(status)).toBeGreaterThan(30);
  }
  expect((await open('/admin', owner)).status).toBe(200);
});

it('answers bodies that are no forms', async () => {
  const bodies: (string | Uint8Array<ArrayBuffer>)[] = [
    'form=bulk&act=%ff%fe',
    'form=status&status=active&status=suspended&form=delete',
    '&&=&=&',
    '%',
    `form=profile&bio=${'é'.repeat(40_000)}`,
    `form=bulk&act=suspend${Array.from({ length: 101 }, (_, at) => `&user-${at}=on`).join('')}`,
    `form=prices${'&a=b'.repeat(10_000)}`,
    new Uint8Array([0, 255, 128]),
    '--x\r\nContent-Disposition: form-data; name="form"; filename="a"\r\n\r\nb\r\n--x--\r\n',
  ];
  for (const path of Object.keys(FORMS)) {
    for (const raw of bodies) {
      for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
        const headers = { origin: ORIGIN, cookie: owner.cookie, 'content-type': type, accept: 'text/html' };
        const answer = await call('POST', concrete(path), { raw, headers });
        expectFine(answer, `${path}: ${type}`);
        expect(answer.status).toBeGreaterThanOrEqual(300);
      }
    }
  }
});

it('shows every page whatever its query', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PAGES),
      fc.array(
        fc.oneof(
          fc.tuple(fc.constantFrom(...QUERIES, ...PROTOTYPE_KEYS), value),
          fc.tuple(fc.constantFrom('cursor', 'shortfalls'), cursors),
        ),
        { minLength: 1, maxLength: 4 },
      ),
      async (path, pairs) => {
        const url = new URL(concrete(path), ORIGIN);
        for (const [name, given] of pairs) url.searchParams.append(name, given.toWellFormed().slice(0, 3000));
        const answer = await open(url.pathname + url.search, owner);
        expectFine(answer, url.href);
        expect(answer.status, url.href).toBe(200);
      },
    ),
    { numRuns: 200, seed: SEED },
  );
});

it('says of what is not there that it is not, however it is named', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/admin/users/', '/admin/mail/', '/admin/plans/', '/admin/realms/'),
      value,
      async (path, id) => {
        const answer = await open(path + encodeURIComponent(id.toWellFormed()).replaceAll('.', '%2E'), owner);
        expectFine(answer, path + id);
      },
    ),
    { numRuns: 100, seed: SEED },
  );
});
