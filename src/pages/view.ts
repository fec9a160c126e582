import { createHash } from 'node:crypto';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { ApiError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { buttonColors } from '../lib/color.ts';
import { acceptedLanguages, bestLanguage, type Language } from '../lib/language.ts';
import { DAY, SECOND } from '../lib/time.ts';
import type { Realm, Realms } from '../realms/service.ts';
import { CATALOGUES, type Messages } from './messages.ts';

/** How one visitor sees a page: whose it is, in which language, and where its links lead. */
export interface View {
  realm: Realm;
  language: Language;
  text: Messages;
  /** Colours of the realm, as custom properties of the stylesheet. */
  colors: string;
  /** The language tag that times are written by; else the language itself. */
  locale?: string | undefined;
  /** What a signed-in user has chosen; else the system's. */
  theme?: 'light' | 'dark' | undefined;
  /** The path of another page of this realm, with what the visit carries along. */
  link(path: string, query?: Record<string, string>): string;
  /** This page in another language. */
  inLanguage(language: Language): string;
}

/** What goes along from page to page: where to return to after signing in, and for an app its PKCE challenge. */
export const CARRIED = ['redirect_to', 'code_challenge', 'code_challenge_method', 'state'];

// OpenID Connect Core 3.1.2.1: how whoever sends a user asks for a language.
const LANGUAGE_PARAMETER = 'ui_locales';
const LANGUAGE_COOKIE = '__Host-latchkey-language';

/** The view of a request. `locale` is what a signed-in user has chosen. */
export function viewOf(c: AppContext, realm: Realm, locale: string | null = null): View {
  const asked = c.req.query(LANGUAGE_PARAMETER)?.slice(0, 100).split(' ') ?? [];
  const remembered = getCookie(c, LANGUAGE_COOKIE);
  const language = bestLanguage([
    ...asked,
    remembered,
    locale,
    ...acceptedLanguages(c.req.header('accept-language')),
  ]);
  if (asked.length > 0 && language !== remembered) rememberLanguage(c, language);
  const { background, text, edge, darkEdge } = buttonColors(realm.color);
  const base = new URL(realm.issuer).pathname.replace(/\/$/, '');
  const carried = CARRIED.flatMap((name) => {
    const value = c.req.query(name);
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
  const at = (path: string, query: [string, string][]) =>
    `${base}${path}${query.length > 0 ? `?${new URLSearchParams(query)}` : ''}`;
  return {
    realm,
    language,
    text: CATALOGUES[language],
    colors: `:root{--brand:${background};--on-brand:${text};--brand-edge:${edge};--brand-edge-dark:${darkEdge}}`,
    link: (path, query = {}) =>
      at(path, [...carried.filter(([name]) => !(name in query)), ...Object.entries(query)]),
    inLanguage: (other) => {
      const query = new URLSearchParams(c.req.query());
      query.set(LANGUAGE_PARAMETER, other);
      // Relative: of a path such as //host, a link would be to another host.
      return `?${query}`;
    },
  };
}

/** The view of a request in its realm, for the pages of a feature. */
export function viewer(realms: Realms) {
  return async (c: AppContext) => viewOf(c, await realms.get(c.get('realm').id));
}

/** Keeps a choice of language on this browser. */
export function rememberLanguage(c: AppContext, language: Language): void {
  const maxAge = (365 * DAY) / SECOND;
  setCookie(c, LANGUAGE_COOKIE, language, {
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    maxAge,
  });
}

/** Forgets it: then the account's, or what the browser asks for, counts. */
export function forgetLanguage(c: AppContext): void {
  deleteCookie(c, LANGUAGE_COOKIE, { path: '/', secure: true });
}

/**
 * Sends a page: never kept, never framed, without any script. `leadsTo` are origins that its forms may end up at;
 * a browser follows no redirect elsewhere.
 */
export function show(
  c: AppContext,
  view: View,
  content: JSX.Element,
  { status = 200, leadsTo = [] }: { status?: ShownStatus; leadsTo?: string[] } = {},
) {
  const colors = createHash('sha256').update(view.colors).digest('base64');
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'self' 'sha256-${colors}'; img-src 'self' https:; ` +
      `form-action ${["'self'", ...leadsTo].join(' ')}; frame-ancestors 'none'; base-uri 'none'`,
  );
  // The address can have a token, which goes nowhere else; without any referrer a form would have no origin either.
  c.header('Referrer-Policy', 'same-origin');
  c.header('Content-Language', view.language);
  c.header('Vary', 'Accept-Language', { append: true });
  return c.html(`<!doctype html>${content}`, status);
}

export type ShownStatus =
  | 200
  | 400
  | 401
  | 402
  | 403
  | 404
  | 405
  | 409
  | 410
  | 413
  | 415
  | 422
  | 429
  | 500
  | 502
  | 503;

/**
 * The fields of a form that was sent from one of our own pages: a form on any other site is refused, also on an
 * origin that may call the API. Throws `origin_not_allowed`, `unsupported_media_type`, `invalid_request`.
 */
export async function formOf(c: AppContext, origin: string): Promise<Record<string, string>> {
  requireForm(c, origin, /^application\/x-www-form-urlencoded\s*(;|$)/i);
  const fields = [...new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()))];
  // What stands for bytes that are not UTF-8: many passwords would become one.
  if (fields.some(([, value]) => value.includes('\uFFFD'))) throw new ApiError('invalid_request');
  return Object.fromEntries(fields);
}

/** The file in a field of such a form; null when none was chosen. Throws as `formOf` does. */
export async function fileOf(c: AppContext, origin: string, field: string): Promise<File | null> {
  requireForm(c, origin, /^multipart\/form-data\s*;/i);
  const fields = await c.req.parseBody().catch(() => {
    throw new ApiError('invalid_request');
  });
  const value = fields[field];
  return value instanceof File && value.size > 0 ? value : null;
}

function requireForm(c: AppContext, origin: string, type: RegExp): void {
  if (c.req.header('origin') !== origin) throw new ApiError('origin_not_allowed');
  if (!type.test(c.req.header('content-type') ?? '')) throw new ApiError('unsupported_media_type');
}
