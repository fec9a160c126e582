import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { call, INTERNAL, login } from './api.ts';
import { importRows, ndjson } from './import.ts';
import { project } from './projection.ts';

// Rows as the tables of the five services hold them, and as psql, sqlite3 and mongoexport write those. The hashes are
// made by other implementations than the one that verifies them.

/** That of everybody who moves in. */
export const password = 'a password of the old system';
/** Of crypt(3), in the notation of Python's bcrypt and in that of PHP's. */
export const bcrypt2b = '$2b$04$abcdefghijklmnopqrstuu5Ab4NUXQFbY1SUM1lDKwi4W2SNUonju';
export const bcrypt2y = '$2y$04$ABCDEFGHIJKLMNOPQRSTUuB/luMh7Rcp3P8gX1A8q.wpivKrV1pQi';
/** Of OpenSSL, with the parameters of argon2-cffi. */
export const argon2 =
  '$argon2id$v=19$m=65536,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$4RznY9j5GR4VW2OjGIEiBqRj+hKcIeTcGONqF2DC5Ys';
const salt = 'c0ffee42'.repeat(8);
/** As AIezzy stores it. */
export const sha256 = `${salt}$${createHash('sha256').update(`${password}${salt}`).digest('hex')}`;
/** Eight characters that nobody else has. */
export const unique = () => crypto.randomUUID().slice(0, 8);

interface Moved {
  service: string;
  rows: Record<string, unknown>[];
  type?: string;
  realm?: string;
  mapping?: unknown;
}

/** Sends rows, as CSV or NDJSON, and expects that each became a user. */
export async function moveIn({ service, rows, type = 'application/x-ndjson', realm, mapping }: Moved) {
  const answer = await importRows(type === 'text/csv' ? csv(rows) : ndjson(rows), {
    query: { service },
    ...{ type, realm, mapping },
  });
  expect(answer.body).toMatchObject({ imported: rows.length, skipped: 0, failed: 0, errors: [] });
}

/** As databases write it: what is null is empty. */
function csv(rows: Record<string, unknown>[]): string {
  const fields = (values: unknown[]) =>
    values.map((value) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`)).join(',');
  return [Object.keys(rows[0] ?? {}), ...rows.map(Object.values)].map((row) => `${fields(row)}\r\n`).join('');
}

/** Signs in with the old password, and no other; expects that the hash is replaced. */
export async function expectToSignIn(email: string, realm?: string) {
  expect((await login(email, 'another password', { realm })).status).toBe(401);
  const { status, body } = await login(email, password, { realm });
  expect(status).toBe(200);
  await project(body.user.id);
  const hash = await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?')
    .bind(body.user.id)
    .first();
  expect(hash?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect((await login(email, password, { realm })).status).toBe(200);
  return body;
}

/** What is kept of a user beside what the API says of them. */
export async function kept(userId: string) {
  const { results } = await env.DB.prepare('SELECT provider, subject FROM identities WHERE user_id = ?')
    .bind(userId)
    .all();
  const row = await env.DB.prepare(
    `SELECT external_id, data, plan_expires_at FROM users
     LEFT JOIN imported_users ON imported_users.user_id = users.id
     LEFT JOIN preferences ON preferences.user_id = users.id WHERE users.id = ?`,
  )
    .bind(userId)
    .first();
  const { external_id, data, plan_expires_at } = row as Record<string, any>;
  return { identities: results, external_id, preferences: data && JSON.parse(data), plan_expires_at };
}

/** A user of the default realm. */
export const byEmail = async (email: string) =>
  (await call('GET', `/v1/users/by-email/${email}`, { headers: INTERNAL })).body;
