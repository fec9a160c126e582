import { type Answer, type CallOptions, call, ORIGIN } from './api.ts';

/** What a browser says that it would like to be answered with. */
const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** A page, as a browser asks for it. */
export function visit(path: string, options: CallOptions = {}): Promise<Answer<string>> {
  return call<string>('GET', path, { ...options, headers: { accept: ACCEPT, ...options.headers } });
}

/** A form, as a browser sends it from one of our own pages. */
export function submit(
  path: string,
  fields: Record<string, string> | string,
  options: CallOptions = {},
): Promise<Answer<string>> {
  return call<string>('POST', path, {
    ...options,
    raw: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
    headers: {
      accept: ACCEPT,
      origin: ORIGIN,
      'content-type': 'application/x-www-form-urlencoded',
      ...options.headers,
    },
  });
}

/** The cookies that an answer sets, as a browser sends them back. */
export function cookiesOf({ headers }: Answer): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

/** A page, or its policy, without the scripts that pages may have: that of all pages and that of passkeys, from addresses of our own. */
export function withoutOwnScript(text: string): string {
  return text
    .replace(
      /<script type="module" src="\/pages\/(?:kit|passkeys)\.[0-9a-f]{12}\.js"(?: blocking="render")?><\/script>/g,
      '',
    )
    .replace(/script-src(?: https:\/\/auth\.test\/pages\/(?:kit|passkeys)\.[0-9a-f]{12}\.js)+; /, '');
}
