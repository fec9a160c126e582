import { env, exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { z } from 'zod';
import type { ErrorCode } from '../../src/errors.ts';
import type { Scope } from '../../src/lib/scopes.ts';
import type { SignedInSchema } from '../../src/passwords/schemas.ts';

export const ORIGIN = 'https://auth.test';
export const PASSWORD = 'three lighthouses at dusk';

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface CallOptions {
  token?: string;
  body?: unknown;
  /** A body that is sent as it is. */
  raw?: BodyInit;
  headers?: Record<string, string>;
  realm?: string;
  /** The client's address; each test file's default is its own, so that limits of one test spare the others. */
  ip?: string;
}

let nextAddress = 0;
/** An address that no test has used. */
export function freshAddress(): string {
  nextAddress += 1;
  return `10.${(nextAddress >> 16) & 255}.${(nextAddress >> 8) & 255}.${nextAddress & 255}`;
}

/** Calls the Worker as a client would, from an address of its own unless told otherwise. */
export async function call<Body = any>(
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer<Body>> {
  const headers = new Headers({ 'cf-connecting-ip': options.ip ?? freshAddress(), ...options.headers });
  if (options.token) headers.set('authorization', `Bearer ${options.token}`);
  const body = options.body === undefined ? options.raw : JSON.stringify(options.body);
  if (options.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  const url = `${ORIGIN}${options.realm ? `/realms/${options.realm}` : ''}${path}`;
  const response = await exports.default.fetch(url, { method, headers, body, redirect: 'manual' });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : (text as Body),
  };
}

export type SignedInBody = z.infer<typeof SignedInSchema> & { refresh_token: string };

let nextUser = 0;
/** Registers a user whose password is PASSWORD. */
export async function register(
  fields: Record<string, unknown> = {},
  options: CallOptions = {},
): Promise<SignedInBody> {
  nextUser += 1;
  const body = { email: `user${nextUser}-${crypto.randomUUID()}@example.com`, password: PASSWORD, ...fields };
  const answer = await call<SignedInBody>('POST', '/v1/auth/register', { ...options, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

/** Registers a user whose address is verified. */
export async function registerVerified(
  fields: Record<string, unknown> = {},
  options: CallOptions = {},
): Promise<SignedInBody> {
  const user = await register(fields, options);
  await changeDirectory(user.user.id, { email_verified: 1 });
  return user;
}

/** Signs in; the answer may be a failure. */
export function login(identifier: string, password = PASSWORD, options: CallOptions = {}) {
  return call<any>('POST', '/v1/auth/login', {
    ...options,
    body: { identifier, password, ...(options.body as object) },
  });
}

/** Expects an RFC 9457 problem of that code, with nothing internal in it. */
export function expectProblem(answer: Answer<any>, status: number, code: ErrorCode): void {
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body.type).toBe(`${ORIGIN}/docs/errors#${code}`);
  expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
  expect(Object.keys(answer.body)).toEqual(
    expect.arrayContaining(['type', 'title', 'status', 'code', 'request_id']),
  );
  expect(JSON.stringify(answer.body)).not.toMatch(/SQL|stack|\.ts\b|drizzle/i);
}

/** The account object of a user. */
export function accountOf(userId: string) {
  return env.ACCOUNT.get(env.ACCOUNT.idFromName(userId));
}

/** Changes the user's directory row and tells the account object, as the operations of the service do. */
export async function changeDirectory(
  userId: string,
  set: {
    status?: 'active' | 'suspended';
    email_verified?: 0 | 1;
    phone_number?: string;
    phone_number_verified?: 0 | 1;
    role?: 'user' | 'admin' | 'owner';
  },
): Promise<void> {
  const columns = Object.keys(set);
  const row = await env.DB.prepare(
    `UPDATE users SET ${columns.map((column) => `${column} = ?`).join(', ')}, version = version + 1
     WHERE id = ? RETURNING *`,
  )
    .bind(...Object.values(set), userId)
    .first<Record<string, any>>();
  if (!row) throw new Error('no such user');
  await accountOf(userId).directoryChanged(
    {
      userId,
      realmId: row.realm_id,
      role: row.role,
      plan: row.plan,
      planExpiresAt: row.plan_expires_at,
      customLimits: JSON.parse(row.custom_limits),
      status: row.status,
      emailVerified: row.email_verified === 1,
      username: row.username,
      version: row.version,
      credentialVersion: row.credential_version,
    },
    { bookmark: null, keepSession: null, forgiveFailures: false, activity: null },
  );
}

/** Makes a realm. */
export async function createRealm(id: string, policy: Record<string, unknown> = {}): Promise<void> {
  const columns = { id, name: id, created_at: Date.now(), updated_at: Date.now(), ...policy };
  const names = Object.keys(columns);
  const sql = `INSERT INTO realms (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  const databases = policy.database === 'DB_2' ? [env.DB_2, env.DB] : [env.DB];
  for (const d1 of databases) {
    await d1
      .prepare(sql)
      .bind(...Object.values(columns))
      .run();
  }
}

/** Headers of a service that has all scopes, in every realm. */
export const INTERNAL = { 'x-api-key': env.INTERNAL_API_KEY };

/** A new API key of a realm; `key` is its text. */
export async function createApiKey(
  scopes: Scope[],
  options: { realm?: string; expires_at?: string } = {},
): Promise<{ id: string; key: string; headers: Record<string, string> }> {
  const { realm, ...fields } = options;
  const body = { name: 'a service', scopes, ...fields };
  const answer = await call('POST', '/v1/admin/api-keys', { realm, headers: INTERNAL, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { ...answer.body, headers: { 'x-api-key': answer.body.key } };
}
