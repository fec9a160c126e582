import { createHash } from 'node:crypto';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AWAITING, CHALLENGE, KIT, PASSKEYS } from '../../../generated/page-assets.ts';
import type { AppContext } from '../../http/context.ts';
import { accentColors, backdropColors, buttonColors } from '../../lib/color.ts';
import { acceptedLanguages, bestLanguage, type Language } from '../../lib/language.ts';
import type { Realm } from '../../lib/realm.ts';
import { DAY, SECOND } from '../../lib/time.ts';

/** How one visitor sees a page: the realm, the language, and where links lead. */
export interface View {
  realm: Realm;
  language: Language;
  /** Colours of the realm, as custom properties of the stylesheet. */
  colors: string;
  /** The language tag that times are written by; else the language itself. */
  locale?: string | undefined;
  /** What a signed-in user has chosen; else the system's. */
  theme?: 'light' | 'dark' | undefined;
  /** The id of the dialog that the page is asked to show. */
  asked: string | undefined;
  /** The path of another page of this realm, with the parameters that every link keeps. */
  link(path: string, query?: Record<string, string>): string;
  /** This page with that dialog open. */
  asking(dialog: string): string;
  /** A path of this realm and nothing more. */
  path(path: string): string;
  /** This page in another language. */
  inLanguage(language: Language): string;
}

/** Parameters that every link keeps: where to return to after signing in, and for an app its PKCE challenge. */
const CARRIED = ['redirect_to', 'code_challenge', 'code_challenge_method', 'state'];

// How the site that sends a user asks for a language (OpenID Connect Core, 3.1.2.1).
const LANGUAGE_PARAMETER = 'ui_locales';
/** Names the dialog that a page shows, where the browser could not open it. */
export const DIALOG_PARAMETER = 'dialog';
const LANGUAGE_COOKIE = '__Host-latchkey-language';

/** The view of a request. `locale` is the language that a signed-in user has chosen. */
export function viewFor(c: AppContext, locale: string | null = null, realm = c.get('realm')): View {
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
  const accent = accentColors(realm.color);
  const base = new URL(realm.issuer).pathname.replace(/\/$/, '');
  const carried = CARRIED.flatMap((name) => {
    const value = c.req.query(name);
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
  const at = (path: string, query: [string, string][]) =>
    `${base}${path}${query.length > 0 ? `?${new URLSearchParams(query)}` : ''}`;
  // Relative, because an absolute link to a path such as //host would lead to another host.
  const here = (name: string, value: string) => {
    const { [name]: _, ...query } = c.req.query();
    return `?${new URLSearchParams({ ...query, [name]: value })}`;
  };
  return {
    realm,
    language,
    colors: `:root{--brand:${background};--on-brand:${text};--brand-edge:${edge};--brand-edge-dark:${darkEdge};--accent:${accent.light};--accent-dark:${accent.dark}${backdropOf(realm)}}`,
    // What a form leads to is its own page: a dialog over it would hide what is shown once.
    asked: c.req.method === 'GET' ? c.req.query(DIALOG_PARAMETER) : undefined,
    link: (path, query = {}) =>
      at(path, [...carried.filter(([name]) => !(name in query)), ...Object.entries(query)]),
    path: (path) => at(path, []),
    asking: (dialog) => `${here(DIALOG_PARAMETER, dialog)}#${dialog}`,
    inLanguage: (other) => here(LANGUAGE_PARAMETER, other),
  };
}

/** The ground that a realm has chosen, darker in the dark, and what can be read on both. */
function backdropOf({ appearance: { background, picture } }: Realm): string {
  // Without quotes, which would be escaped: an address of ours has nothing that would end it.
  const cover = picture && /^[\w:/.-]+$/.test(picture) ? `;--cover:url(${picture})` : '';
  if (!background) return cover;
  const { light, dark } = backdropColors(background);
  return (
    `${cover};--backdrop:light-dark(${light.ground},${dark.ground})` +
    `;--on-backdrop:light-dark(${light.text},${dark.text})`
  );
}

/** What a preview may do: be seen. */
const PREVIEW = "sandbox allow-same-origin; form-action 'none'; frame-ancestors 'self'";

/** The widget of Cloudflare Turnstile, where a realm has chosen it. */
export const TURNSTILE_SCRIPT = 'https://challenges.cloudflare.com/turnstile/v0/api.js';

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

/** Forgets the choice: then the language of the account counts, or that of the browser. */
export function forgetLanguage(c: AppContext): void {
  deleteCookie(c, LANGUAGE_COOKIE, { path: '/', secure: true });
}

/**
 * Sends a page, which is never cached, never framed and has no script but those of ours that it asks for. `leadsTo` are the other origins that its forms
 * may redirect to: a browser follows no redirect elsewhere. `script` is the text of one that stands in the page. A preview has no script and
 * sends nothing; pages of ours may frame it, and one that has a frame may have no other in it.
 */
export function show(
  c: AppContext,
  view: View,
  content: JSX.Element,
  {
    status = 200,
    leadsTo = [],
    script: own,
    isPreview = false,
  }: { status?: ContentfulStatusCode; leadsTo?: string[]; script?: string; isPreview?: boolean } = {},
) {
  const html = `<!doctype html>${content}`;
  // Whatever a user has written stands there with its quotes escaped.
  const asks = (src: string) => html.includes(`src="${src}"`);
  const files = [KIT, PASSKEYS, CHALLENGE, AWAITING]
    .filter(asks)
    .map((src) => new URL(src, view.realm.issuer).href);
  const isForeign = asks(TURNSTILE_SCRIPT);
  const sources = [
    ...files,
    ...(isForeign ? [TURNSTILE_SCRIPT] : []),
    ...(own === undefined ? [] : [`'sha256-${createHash('sha256').update(own).digest('base64')}'`]),
  ];
  const script =
    (sources.length > 0 ? `script-src ${sources.join(' ')}; ` : '') +
    ([PASSKEYS, AWAITING].some(asks) || html.includes('<dialog id="palette"') ? "connect-src 'self'; " : '') +
    (isForeign ? `frame-src ${new URL(TURNSTILE_SCRIPT).origin}; ` : '') +
    (html.includes('<iframe ') ? "frame-src 'self'; " : '');
  const colors = createHash('sha256').update(view.colors).digest('base64');
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'self' 'sha256-${colors}'; img-src 'self' https:; ${isPreview ? '' : script}` +
      `${isPreview ? PREVIEW : `form-action ${["'self'", ...leadsTo].join(' ')}; frame-ancestors 'none'`}; base-uri 'none'`,
  );
  if (isPreview) c.header('X-Frame-Options', 'SAMEORIGIN');
  // The address may have a token, which no other origin may see. Without any referrer a form would send no origin.
  c.header('Referrer-Policy', 'same-origin');
  c.header('Content-Language', view.language);
  c.header('Vary', 'Accept-Language', { append: true });
  return c.html(html, status);
}

/** A mail is shown as a stranger would be let in: no script, no form, nothing from elsewhere. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups";

/** Sends the HTML of a mail, which pages of ours may frame. */
export function showMail(c: AppContext, html: string): Response {
  c.header('Content-Security-Policy', MAIL_POLICY);
  c.header('X-Frame-Options', 'SAMEORIGIN');
  return c.html(html) as Response;
}
