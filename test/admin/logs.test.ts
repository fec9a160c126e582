import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { record } from '../../src/http/csv.ts';
import { COUNTED } from '../../src/http/paging.ts';
import { asAdmin, registerRole } from '../support/admin.ts';
import { createRealm, expectProblem, INTERNAL, ORIGIN, register } from '../support/api.ts';
import { project } from '../support/projection.ts';

const REALM = 'logged';
const T = Date.parse('2026-03-01T00:00:00Z');
const at = (i: number) => T + Math.floor(i / 3) * 60_000;

beforeAll(async () => {
  await createRealm(REALM);
  const insert = env.DB.prepare(
    `INSERT INTO activity (user_id, seq, realm_id, at, type, ip, user_agent, actor, details)
     VALUES (?, ?, '${REALM}', ?, ?, ?, ?, ?, ?)`,
  );
  const rows = Array.from({ length: 2500 }, (_, i) =>
    insert.bind(
      `usr_${i % 7}`,
      i,
      at(i),
      i % 5 === 0 ? 'sign_in_failed' : 'signed_in',
      i % 4 === 0 ? null : `10.0.0.${i % 3}`,
      i === 2400 ? '=HYPERLINK("http://evil.example","click")' : 'curl/8',
      i % 50 === 0 ? 'key_1' : null,
      i % 50 === 0 ? '{"a":"b, \\"c\\""}' : null,
    ),
  );
  for (let from = 0; from < rows.length; from += 500) await env.DB.batch(rows.slice(from, from + 500));
});

const all = async (query: string) => {
  const seen: any[] = [];
  let cursor: string | null = null;
  let total = -1;
  do {
    const path = `/activity?limit=100${query}${cursor ? `&cursor=${cursor}` : ''}`;
    const { body }: any = await asAdmin('GET', path, { realm: REALM });
    seen.push(...body.data);
    ({ next_cursor: cursor, total } = body);
  } while (cursor);
  return { seen, total };
};

describe('GET /v1/admin/activity', () => {
  it.each([
    ['', () => true],
    ['&user_id=usr_3', (i: number) => i % 7 === 3],
    ['&type=sign_in_failed', (i: number) => i % 5 === 0],
    ['&ip=10.0.0.1', (i: number) => i % 4 !== 0 && i % 3 === 1],
    ['&ip=10.0.0.1&type=sign_in_failed', (i: number) => i % 4 !== 0 && i % 3 === 1 && i % 5 === 0],
    ['&user_id=usr_3&type=sign_in_failed', (i: number) => i % 7 === 3 && i % 5 === 0],
    [
      '&after=2026-03-01T01:00:00Z&before=2026-03-01T02:00:00Z',
      (i: number) => at(i) >= T + 3_600_000 && at(i) < T + 7_200_000,
    ],
  ] as [string, (i: number) => boolean][])(
    'with "%s" is whole, newest first, counted',
    async (query, wanted) => {
      const right = Array.from({ length: 2500 }, (_, i) => i)
        .filter(wanted)
        .toSorted((a, b) => at(b) - at(a) || (b % 7) - (a % 7) || b - a);
      const { seen, total } = await all(query);
      expect(seen.map((row) => [row.user_id, Date.parse(row.at)])).toEqual(
        right.map((i) => [`usr_${i % 7}`, at(i)]),
      );
      expect(total).toBe(Math.min(right.length, COUNTED));
    },
  );

  it('refuses a forged cursor', async () => {
    for (const cursor of ['x', Buffer.from('[1,2,3]').toString('base64url')]) {
      expectProblem(await asAdmin('GET', `/activity?cursor=${cursor}`), 422, 'validation_failed');
    }
  });

  it('has what happened a moment ago', async () => {
    const user = await register();
    await project(user.user.id);
    const { body } = await asAdmin('GET', `/activity?user_id=${user.user.id}`);
    expect(body.data).toMatchObject([{ type: 'registered', actor: null, session_id: user.session_id }]);
  });
});

it.each(['activity', 'audit'])(
  'GET /v1/admin/%s.csv begins with the bytes of a byte order mark',
  async (log) => {
    const answer = await exports.default.fetch(`${ORIGIN}/realms/${REALM}/v1/admin/${log}.csv`, {
      headers: INTERNAL,
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(bytes.indexOf(0xef, 3)).toBe(-1);
  },
);

describe('GET /v1/admin/activity.csv', () => {
  it('is the whole log, as RFC 4180 has it, with nothing that a spreadsheet would run', async () => {
    const { status, headers, body } = await asAdmin('GET', '/activity.csv', { realm: REALM });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="activity.csv"');
    const lines = body.split('\r\n');
    expect(lines[0]).toBe('at,user_id,type,session_id,ip,country,user_agent,actor,details');
    expect(lines).toHaveLength(2500 + 2);
    expect(lines.at(-1)).toBe('');
    expect(body).toContain(`"'=HYPERLINK(""http://evil.example"",""click"")"`);
    expect(lines.find((line: string) => line.includes('key_1'))).toMatch(
      /,key_1,"\{""a"":""b, \\""c\\""""\}"$/,
    );
    expect(lines.slice(1).every((line: string) => !/(^|,)"?[=+@-]/.test(line))).toBe(true);
  });

  it('takes the same filters', async () => {
    const { body } = await asAdmin('GET', '/activity.csv?user_id=usr_3', { realm: REALM });
    expect(body.split('\r\n')).toHaveLength(Math.ceil((2500 - 3) / 7) + 2);
  });
});

it.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\tx', "'\tx"],
  ['a\r\nb', '"a\r\nb"'],
  ['a"b', '"a""b"'],
  ['a,b', '"a,b"'],
  [-5, '-5'],
  [null, ''],
  ['plain', 'plain'],
])('a field of CSV: %j', (value, written) => {
  expect(record([value])).toBe(`${written}\r\n`);
});

describe('GET /v1/admin/audit', () => {
  it('filters by who, what and to whom, and walks by cursor', async () => {
    const admin = await registerRole('admin');
    const { access_token: token } = admin;
    const users = await Promise.all([register(), register(), register()]);
    for (const { user } of users) {
      await asAdmin('PATCH', `/users/${user.id}`, { token, body: { name: '=1+1' } });
      await asAdmin('PUT', `/users/${user.id}/status`, { token, body: { status: 'suspended' } });
    }
    const mine = await asAdmin('GET', `/audit?actor=${admin.user.id}`, { token });
    expect(mine.body).toMatchObject({ total: 6, total_is_exact: true });
    const target = users[1]?.user.id;
    const one = await asAdmin('GET', `/audit?actor=${admin.user.id}&target=${target}&action=user_changed`, {
      token,
    });
    expect(one.body.data).toMatchObject([
      { target, action: 'user_changed', details: { before: { name: null }, after: { name: '=1+1' } } },
    ]);
    const first = await asAdmin('GET', `/audit?actor=${admin.user.id}&limit=4`, { token });
    const cursor = first.body.next_cursor;
    const rest = await asAdmin('GET', `/audit?actor=${admin.user.id}&limit=4&cursor=${cursor}`, { token });
    const ids = [...first.body.data, ...rest.body.data].map(({ id }) => id);
    expect(ids).toEqual(mine.body.data.map(({ id }: { id: string }) => id));
    const future = new Date(Date.now() + 1000).toISOString();
    const none = await asAdmin('GET', `/audit?actor=${admin.user.id}&after=${future}`, { token });
    expect(none.body.data).toEqual([]);
    const past = await asAdmin('GET', `/audit?actor=${admin.user.id}&before=${future}`, { token });
    expect(past.body.total).toBe(6);
    const csv = await asAdmin('GET', `/audit.csv?actor=${admin.user.id}`, { token });
    expect(csv.body.split('\r\n')).toHaveLength(8);
  });
});
