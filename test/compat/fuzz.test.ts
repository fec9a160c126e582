import { env, exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TABLES } from '../../src/compat/dialects.ts';
import { wordsOf } from '../../src/compat/engine/fields.ts';
import type { AnyRow, ClientRequest, Row } from '../../src/compat/engine/row.ts';
import { fastApiError } from '../../src/compat/fastapi/error.ts';
import type { Bindings } from '../../src/config/config.ts';
import { directoryState } from '../../src/directory/service.ts';
import { accepted } from '../../src/errors.ts';
import type { Problem } from '../../src/http/problem.ts';
import { DIALECT_NAMES } from '../../src/lib/dialect-names.ts';
import { createServices } from '../../src/services.ts';
import { accountOf, freshAddress, INTERNAL, ORIGIN, PASSWORD } from '../support/api.ts';
import { createRealmsOf } from '../support/dialects.ts';
import { PROTOTYPE_KEYS, shapeless, text } from '../support/hostile.ts';

/** For each row. */
const RUNS = 12;
/** How long the requests to a row go on (ms): on a busy machine there are fewer of them. */
const TIME_PER_ROW = 200;
/** The same requests each time; write another to look elsewhere. */
const SEED = 31;
/** An address serves fewer than its limit of sign-ins. */
const REQUESTS_PER_ADDRESS = 50;

/** Of what the five services call their fields. */
const FIELDS = [
  ...'email username password full_name name first_name last_name phone phone_number country_code bio id'.split(
    ' ',
  ),
  ...'token refresh_token access_token otp code current_password old_password new_password new_email'.split(
    ' ',
  ),
  ...'tier plan status role is_active is_admin user_id amount description reference reference_id'.split(' '),
  ...'transaction_type model model_id tokens prompt_tokens completion_tokens request_type metadata'.split(
    ' ',
  ),
  ...'preferences theme language notifications default_model avatar file limit offset skip page days'.split(
    ' ',
  ),
  ...'sort_by sort_order search provider state price_id plan_id quantity success_url cancel_url'.split(' '),
  ...'return_url payment_method_id trial_days reason'.split(' '),
  ...PROTOTYPE_KEYS,
];

const services = createServices(env as unknown as Bindings);
const rows = [...new Set(DIALECT_NAMES.flatMap((name) => TABLES[name]))].filter(
  ({ from, to }) => from !== to,
);
let sent = 0;
let answered = 0;
/** By realm and role, until they succeed in changing something. */
const callers = new Map<string, Somebody>();
let address = freshAddress();

beforeAll(async () => {
  // A line for each request.
  vi.spyOn(console, 'log').mockImplementation(() => {});
  await createRealmsOf(rows);
});

afterAll(() => console.info(`fuzz of the dialects: ${sent} requests, ${answered} of them taken`));

interface Somebody {
  id: string;
  email: string;
  accessToken: string;
  refreshToken: string;
}

/** Somebody with a session in the row's realm, without the cost of a password. */
async function somebody({ realm: realmId = 'default' }: Row, role: 'user' | 'admin'): Promise<Somebody> {
  const id = `usr_${crypto.randomUUID()}`;
  await env.DB.prepare(
    `INSERT INTO users (id, realm_id, email, email_verified, role, created_at, updated_at)
     VALUES (?1, ?2, ?1 || '@example.com', 1, ?3, 0, 0)`,
  )
    .bind(id, realmId, role)
    .run();
  const realm = await services.realms.get(realmId);
  const opened = await accountOf(id).open(directoryState(await services.directory.get(id, null)), {
    client: { ip: '10.0.0.1', country: null, city: null, userAgent: null },
    methods: ['pwd'],
    lifetimes: realm.lifetimes,
    activity: 'signed_in',
  });
  return { id, email: `${id}@example.com`, ...(await services.sessions.grant(realm, accepted(opened))) };
}

/** Stands for the id, the address and the tokens of whoever calls. */
const OWN = { id: 'own-id', email: 'own-email', accessToken: 'own-access', refreshToken: 'own-refresh' };

/** JSON text of values that no mapping expects. */
const oddJson = fc.oneof(
  fc.constantFrom('null', 'true', '0', '-1', '1.5', '1e308', '1e999', '[]', '{}', '[[]]', '[null]', '""'),
  fc.constantFrom('{"toString":1}', '{"__proto__":1}', '{"constructor":{"prototype":1}}', '{"then":{}}'),
  fc.constantFrom('"\\ud800"', '"\\u0000"', '{"length":1e9}', '[{"a":[{"b":null}]}]'),
  fc.constant(JSON.stringify('é'.repeat(20_000))),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
  text.map((value) => JSON.stringify(value)),
);
const likelyJson = fc
  .constantFrom<unknown>(PASSWORD, 'ada@example.com', '+442071838750', 'pro', 'active', 'suspended', 'admin')
  .map((value) => JSON.stringify(value));
const ownJson = fc.constantFrom(...Object.values(OWN)).map((value) => JSON.stringify(value));

/** Names that the code of a row speaks of, and those of the others. */
function fieldOf(row: Row): fc.Arbitrary<string> {
  const { body, query } = wordsOf(row as AnyRow);
  const spoken = [
    ...new Set(String(row.sends).match(/\b[a-z][a-z_]+\b/g)),
    ...Object.keys({ ...body, ...query }),
  ];
  return fc.oneof(fc.constantFrom(...FIELDS), ...(spoken.length > 0 ? [fc.constantFrom(...spoken)] : []));
}

const objectOf = (name: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(name, fc.oneof(oddJson, likelyJson, ownJson)), { maxLength: 12 })
    .map((members) => `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);

const fieldsOf = (name: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(name, fc.oneof(text, fc.constantFrom(...Object.values(OWN)))), {
      maxLength: 8,
    })
    .map((pairs) => pairs.map(([name, value]) => [name, value.toWellFormed()] as const));

function multipart(
  pairs: readonly (readonly [string, string])[],
  file: Uint8Array | null,
): Uint8Array<ArrayBuffer> {
  const quoted = (name: string) => name.replaceAll(/["\r\n]/g, '_');
  const parts = pairs.map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  const disposition = 'Content-Disposition: form-data; name="file"; filename="a.png"';
  const upload = file ? `--b\r\n${disposition}\r\nContent-Type: image/png\r\n\r\n` : '';
  return new Uint8Array(
    Buffer.concat([Buffer.from(parts.join('') + upload), file ?? new Uint8Array(), Buffer.from('\r\n--b--')]),
  );
}

/** Bodies with a type that is mostly theirs. */
const bodyOf = (name: fc.Arbitrary<string>) =>
  fc.oneof(
    {
      arbitrary: objectOf(name).map((json) => ({ type: 'application/json', content: json as BodyInit })),
      weight: 8,
    },
    {
      arbitrary: shapeless.map((content) => ({ type: 'application/json', content: content as BodyInit })),
      weight: 3,
    },
    {
      arbitrary: fieldsOf(name).map((pairs) => ({
        type: 'application/x-www-form-urlencoded',
        content: new URLSearchParams(pairs.map((pair) => [...pair])).toString() as BodyInit,
      })),
      weight: 2,
    },
    {
      arbitrary: fc
        .tuple(fieldsOf(name), fc.option(fc.uint8Array({ maxLength: 40 })))
        .map(([pairs, file]) => ({
          type: 'multipart/form-data; boundary=b',
          content: multipart(pairs, file) as BodyInit,
        })),
      weight: 2,
    },
    {
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            '',
            'text/plain',
            'multipart/form-data',
            'application/json; charset=utf-16',
            'application/xml',
          ),
          objectOf(name),
        )
        .map(([type, content]) => ({ type, content: content as BodyInit })),
      weight: 1,
    },
    { arbitrary: fc.constant(null), weight: 2 },
  );

const queryOf = (name: fc.Arbitrary<string>) =>
  fc.oneof(
    { arbitrary: fc.constant(''), weight: 1 },
    {
      arbitrary: fieldsOf(name).map((pairs) => `?${new URLSearchParams(pairs.map((pair) => [...pair]))}`),
      weight: 3,
    },
    {
      arbitrary: fc.constantFrom(
        '?%zz=%',
        '?__proto__[a]=1',
        '?token=&token=a',
        '?id',
        `?${'a=b&'.repeat(2000)}`,
      ),
      weight: 1,
    },
  );

const segment = fc.oneof(
  { arbitrary: fc.constantFrom(OWN.id, OWN.email, OWN.refreshToken, 'google', 'github'), weight: 3 },
  {
    arbitrary: fc.constantFrom(
      '%',
      '%00',
      '%2F',
      '..%2f..',
      '%ed%a0%80',
      ':id',
      '{id}',
      '__proto__',
      'x'.repeat(5000),
    ),
    weight: 2,
  },
  {
    arbitrary: text
      .map((value) => encodeURIComponent(value.toWellFormed()))
      .filter((value) => !/^\.{0,2}$/.test(value)),
    weight: 1,
  },
);

const requestTo = (row: Row) =>
  fc.record({
    segment,
    query: queryOf(fieldOf(row)),
    body: bodyOf(fieldOf(row)),
    as: fc.constantFrom('nobody', 'user', 'user', 'admin', 'admin', 'session', 'key', 'forged'),
    accept: fc.constantFrom(undefined, undefined, 'application/json', 'text/html', 'text/html,*/*;q=0'),
  });

const ASKED: ClientRequest = {
  params: {},
  query: {},
  body: {},
  file: null,
  headers: new Headers(),
  spoken: new Set(),
};

/** The members that an error of a row has: those of a problem of the same kind. */
function errorMembers(row: Row, code: string, path?: string): string[] {
  const problem = {
    type: 'about:blank',
    title: 'a title',
    status: 422,
    code,
    request_id: 'req_1',
    ...(path !== undefined && { errors: [{ path, code: 'custom', message: 'is wrong' }] }),
  } as Problem;
  // What is undefined is not sent.
  const sent = JSON.stringify((row.fails ?? fastApiError)(problem, row as AnyRow, ASKED));
  return Object.keys(JSON.parse(sent)).sort();
}

/** A failure of somebody else's, which says so. */
const ELSEWHERE: [number, string][] = [
  [502, 'provider_unavailable'],
  [503, 'billing_not_configured'],
];

async function expectAnswer(row: Row, response: Response): Promise<void> {
  const written = await response.text();
  const about = `${row.from} answered ${response.status}: ${written.slice(0, 300)}`;
  const type = response.headers.get('content-type') ?? '';
  const isJson = /^application\/json\b/.test(type);
  const given = isJson ? JSON.parse(written) : null;
  if (response.status >= 500) {
    const code = given?.code ?? written;
    expect(
      ELSEWHERE.some(([status, name]) => response.status === status && code.includes(name)),
      about,
    ).toBe(true);
    return;
  }
  expect(response.headers.get('x-content-type-options'), about).toBe('nosniff');
  expect(response.headers.get('x-request-id'), about).toMatch(/^req_/);
  expect([404, 405].includes(response.status) && !isJson && !/^text\/html/.test(type), about).toBe(false);
  if (response.status === 204 || (response.status >= 300 && response.status < 400)) return;
  if (/^text\/html\b/.test(type)) return;
  expect(type, about).toMatch(/^application\/json\b/);
  if (response.status < 400) return;
  const members = Object.keys(given).sort();
  const forms = sameAddress(row).flatMap((one) => [
    errorMembers(one, given.code),
    errorMembers(one, given.code, ''),
    errorMembers(one, given.code, 'a.0.b'),
  ]);
  expect(forms, about).toContainEqual(members);
  expect(written, about).not.toMatch(/SQLITE|drizzle|\bat \w+ \(|\.ts:\d/);
}

/** Rows of several documents at one address, of which the first answers. */
const sameAddress = (row: Row) =>
  rows.filter((other) => other.from.replaceAll(/\{\w+\}/g, '{}') === row.from.replaceAll(/\{\w+\}/g, '{}'));

describe('whatever it is sent', () => {
  it.each(rows.map((row) => [row.from, row] as const))('%s answers in its own form', async (_, row) => {
    const [method = '', path = ''] = row.from.split(' ');
    const end = Date.now() + TIME_PER_ROW;
    await fc.assert(
      fc.asyncProperty(requestTo(row), async (asked) => {
        if (Date.now() > end) return;
        sent += 1;
        if (sent % REQUESTS_PER_ADDRESS === 0) address = freshAddress();
        const role = asked.as === 'admin' ? 'admin' : 'user';
        const seat = `${row.realm} ${role}`;
        const caller = callers.get(seat) ?? (await somebody(row, role));
        callers.set(seat, caller);
        const fill = (value: string) =>
          Object.entries(OWN).reduce(
            (filled, [name, mark]) => filled.replaceAll(mark, caller[name as keyof Somebody]),
            value,
          );
        const headers = new Headers({ 'cf-connecting-ip': address });
        if (asked.accept) headers.set('accept', asked.accept);
        if (asked.as === 'key') headers.set('x-api-key', INTERNAL['x-api-key']);
        else if (asked.as === 'forged') headers.set('authorization', 'Bearer a.b.c');
        else if (asked.as === 'session') headers.set('authorization', `Bearer ${caller.refreshToken}`);
        else if (asked.as !== 'nobody') headers.set('authorization', `Bearer ${caller.accessToken}`);
        const content = asked.body?.content;
        const carries = content !== undefined && method !== 'GET';
        if (carries && asked.body?.type) headers.set('content-type', asked.body.type);
        const url = `${ORIGIN}${path.replaceAll(/\{\w+\}/g, () => fill(asked.segment))}${fill(asked.query)}`;
        const response = await exports.default.fetch(url, {
          method,
          headers,
          redirect: 'manual',
          ...(carries && { body: typeof content === 'string' ? fill(content) : content }),
        });
        if (response.ok) {
          answered += 1;
          // It may have ended them.
          if (method !== 'GET' || /logout/.test(path)) callers.delete(seat);
        }
        await expectAnswer(row, response);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

it('no object has a new property', () => {
  const polluted: string[] = [];
  for (const name in {}) polluted.push(name);
  expect(polluted).toEqual([]);
});
