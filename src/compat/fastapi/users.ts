import { DOZTRA_PLANS } from '../../lib/dialect-names.ts';
import { wantedLocale } from '../../lib/language.ts';
import type { Canonical, CanonicalBody } from '../engine/canonical-operations.ts';
import { filledIn, renamed } from '../engine/fields.ts';
import type { ClientRequest } from '../engine/row.ts';

/** A user as the canonical API answers it. Only admins learn when the plan lapses. */
export type CanonicalUser = Canonical<'User'> & Partial<Pick<Canonical<'AdminUser'>, 'plan_expires_at'>>;

/** Returns the id of a plan that Doztra names, and any other value unchanged. */
export function planNamed<Name>(name: Name): Name | string | undefined {
  return typeof name === 'string' && Object.hasOwn(DOZTRA_PLANS, name) ? DOZTRA_PLANS[name] : name;
}

/** Returns Doztra's name of a plan. */
export function planName(id: string): string {
  return Object.entries(DOZTRA_PLANS).find(([, plan]) => plan === id)?.[0] ?? id;
}

/** Writes a user as Doztra and the Astro backend do. */
export function userFields(user: CanonicalUser) {
  const { id, email, username, given_name, family_name, picture, created_at, updated_at } = user;
  const whole = [given_name, family_name].filter(Boolean).join(' ');
  return {
    id,
    email,
    username,
    name: user.name ?? (whole || null),
    first_name: given_name,
    last_name: family_name,
    avatar_url: picture,
    // Neither service has owners.
    role: user.role === 'owner' ? 'admin' : user.role,
    is_active: user.status === 'active',
    is_verified: user.email_verified,
    created_at,
    updated_at,
    last_login: user.last_login_at,
    subscription: {
      id,
      user_id: id,
      plan: planName(user.plan),
      status: 'active',
      is_active: true,
      expires_at: user.plan_expires_at ?? null,
      created_at,
      updated_at,
    },
  };
}

/** Writes an access token as OAuth 2.0 does (RFC 6749, 5.1). */
export function accessTokenFields({ access_token, expires_in }: Canonical<'Tokens'>) {
  return { access_token, token_type: 'bearer', expires_in };
}

/** Writes new tokens as Doztra and the Astro backend do. */
export function tokenFields({ access_token, refresh_token, expires_in }: Canonical<'Tokens'>) {
  return { success: true, access_token, refresh_token, token_type: 'bearer', expires_in };
}

/** Writes a sign-in as Doztra and the Astro backend do. */
export function signedInFields(json: Canonical<'SignedIn'>) {
  const user = userFields(json.user);
  return { ...user, user, ...tokenFields(json) };
}

/** Answers with a message. */
export function says(message: string) {
  return () => ({ message });
}

/** Answers with a message, and that the request has succeeded, as Doztra and the Astro backend do. */
export function done(message: string) {
  return () => ({ success: true, message });
}

type RegisterBody = CanonicalBody<'POST /v1/auth/register'>;
type ProfilePatch = CanonicalBody<'PATCH /v1/me'>;

const PROFILE = {
  username: 'username',
  name: 'name',
  first_name: 'given_name',
  firstName: 'given_name',
  last_name: 'family_name',
  lastName: 'family_name',
} satisfies Record<string, keyof RegisterBody & keyof ProfilePatch>;

/** What either service reads of a new user. */
export const NEW_USER = { email: 'email', password: 'password', ...PROFILE } as const;

/** Reads a new user as either service sends one. */
export function newUser(body: ClientRequest['body']) {
  return filledIn(renamed<keyof RegisterBody>(body, NEW_USER));
}

/** Reads who registers. Mails to them are in the language that the client asks for. */
export function registration({ body, headers }: ClientRequest) {
  return { ...newUser(body), ...languageOf(headers) };
}

/** The language that a new user is to be addressed in. */
export function languageOf(headers: Headers): { locale?: string } {
  const locale = wantedLocale(headers.get('accept-language'));
  return locale === undefined ? {} : { locale };
}

/** What either service reads of a profile that changes. */
export const PROFILE_CHANGE = {
  ...PROFILE,
  avatar_url: 'picture',
  avatarUrl: 'picture',
  bio: 'bio',
} as const;

/** Reads changes of a profile. Null and an empty text clear a field. */
export function profilePatch(body: ClientRequest['body']): ProfilePatch {
  const patch: ProfilePatch = {};
  for (const [from, to] of Object.entries(PROFILE_CHANGE)) {
    if (!Object.hasOwn(body, from) || Object.hasOwn(patch, to)) continue;
    patch[to] = body[from] === '' ? null : body[from];
  }
  return patch;
}

/** Returns the value if it is an object, else an empty object. */
export function objectOf(value: unknown): ClientRequest['body'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as ClientRequest['body'])
    : {};
}
