import { expect } from 'vitest';
import { type Answer, call, ORIGIN, PASSWORD, register, registerVerified, type SignedInBody } from './api.ts';

/** Somebody in a browser that is signed in. */
export interface Visitor {
  user: SignedInBody;
  cookie: string;
  realm: string | undefined;
}

type Sent = Record<string, string> | [string, string][];

/** A verified user, signed in on a browser; `userAgent` says on which. */
export async function visitor(
  fields: Record<string, unknown> = {},
  options: { realm?: string; verified?: boolean; userAgent?: string } = {},
): Promise<Visitor> {
  const { realm, verified = true } = options;
  const user = await (verified ? registerVerified : register)(fields, { realm });
  return { user, realm, cookie: await cookieOf(user, options) };
}

/** The session cookie of another browser where the user signs in. */
export async function cookieOf(
  user: SignedInBody,
  { realm, userAgent, password = PASSWORD }: { realm?: string; userAgent?: string; password?: string } = {},
): Promise<string> {
  const answer = await call('POST', '/v1/auth/login', {
    realm,
    body: { identifier: user.user.email, password, session_cookie: true },
    headers: { origin: ORIGIN, ...(userAgent && { 'user-agent': userAgent }) },
  });
  expect(answer.status).toBe(200);
  return (answer.headers.get('set-cookie') as string).split(';')[0] as string;
}

/** Opens a page. */
export function open(
  path: string,
  { cookie, realm }: Partial<Visitor> = {},
  headers: Record<string, string> = {},
): Promise<Answer<string>> {
  return call('GET', path, { realm, headers: { ...(cookie && { cookie }), ...headers } });
}

/** Sends a form as the browser does from the page that it is on. */
export function submit(
  path: string,
  fields: Sent,
  { cookie, realm }: Partial<Visitor> = {},
  headers: Record<string, string> = {},
): Promise<Answer<string>> {
  return call('POST', path, {
    realm,
    raw: new URLSearchParams(fields).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: ORIGIN,
      ...(cookie && { cookie }),
      ...headers,
    },
  });
}

/** Sends a form with a file. */
export async function upload(
  path: string,
  file: Uint8Array | string,
  { cookie, realm }: Partial<Visitor> = {},
  {
    name = 'picture.png',
    field = 'picture',
    headers = {},
  }: { name?: string; field?: string; headers?: Record<string, string> } = {},
): Promise<Answer<string>> {
  const form = new FormData();
  form.append(field, new File([file as Uint8Array<ArrayBuffer>], name));
  const request = new Request(ORIGIN, { method: 'POST', body: form });
  return call('POST', path, {
    realm,
    raw: await request.arrayBuffer(),
    headers: {
      'content-type': request.headers.get('content-type') as string,
      origin: ORIGIN,
      ...(cookie && { cookie }),
      ...headers,
    },
  });
}

/** A page without the scripts that are ours: there shall be no other. */
export const withoutOwnScripts = (body: string) =>
  body.replaceAll(
    /<script type="module" src="\/pages\/\w+\.[0-9a-f]{12}\.js"(?: blocking="render")?><\/script>/g,
    '',
  );

/** Expects a page of that status, with a heading and no script but ours. */
export function expectPage(answer: Answer<string>, status = 200): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'self' 'sha256-/,
  );
  expect(answer.body.match(/<h1>/g)).toHaveLength(1);
  expect(withoutOwnScripts(answer.body)).not.toContain('<script');
}

/** Expects to be led to that address, and nothing kept. */
export function expectLedTo(answer: Answer<string>, location: string): void {
  expect([answer.status, answer.headers.get('location')]).toEqual([303, location]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
}
