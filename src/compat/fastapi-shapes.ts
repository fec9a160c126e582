import type { z } from 'zod';
import type { UserSchema } from '../directory/schemas.ts';
import { DOZTRA_PLANS } from '../lib/dialect-names.ts';
import { filledIn, renamed } from './dialect.ts';

/** A user as the canonical API gives one; to admins it says when the plan lapses. */
export type User = z.infer<typeof UserSchema> & { plan_expires_at?: string | null };

/** The id of a plan that Doztra names; other names as they are. */
export function planNamed(name: unknown): unknown {
  return typeof name === 'string' && Object.hasOwn(DOZTRA_PLANS, name) ? DOZTRA_PLANS[name] : name;
}

/** What Doztra calls a plan. */
export function planName(id: string): string {
  return Object.entries(DOZTRA_PLANS).find(([, plan]) => plan === id)?.[0] ?? id;
}

/** A user as Doztra and the Astro backend give one. */
export function userFields(user: User) {
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
    // Neither service knows an owner.
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

interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

/** An access token alone, as OAuth 2.0 has it (RFC 6749, 5.1). */
export function accessTokenFields({ access_token, expires_in }: Omit<Tokens, 'refresh_token'>) {
  return { access_token, token_type: 'bearer', expires_in };
}

/** New tokens as Doztra and the Astro backend give them. */
export function tokenFields({ access_token, refresh_token, expires_in }: Tokens) {
  return { success: true, access_token, refresh_token, token_type: 'bearer', expires_in };
}

/** Who has signed in, as Doztra and the Astro backend say it. */
export function signedInFields(json: Tokens & { user: User }) {
  const user = userFields(json.user);
  return { ...user, user, ...tokenFields(json) };
}

/** The answer that is a message. */
export function says(message: string) {
  return () => ({ message });
}

/** The answer to what has been done, as Doztra and the Astro backend give it. */
export function done(message: string) {
  return () => ({ success: true, message });
}

const PROFILE = {
  username: 'username',
  name: 'name',
  first_name: 'given_name',
  firstName: 'given_name',
  last_name: 'family_name',
  lastName: 'family_name',
};

/** A new user as either service sends one. */
export function newUser(body: Record<string, unknown>): Record<string, unknown> {
  return filledIn(renamed(body, { email: 'email', password: 'password', ...PROFILE }));
}

/** What is sent of a profile; null and an empty text clear a field. */
export function profilePatch(body: Record<string, unknown>): Record<string, unknown> {
  const names = { ...PROFILE, avatar_url: 'picture', avatarUrl: 'picture', bio: 'bio' };
  const patch: Record<string, unknown> = {};
  for (const [from, to] of Object.entries(names)) {
    if (!Object.hasOwn(body, from) || Object.hasOwn(patch, to)) continue;
    patch[to] = body[from] === '' ? null : body[from];
  }
  return patch;
}

/** Names of canonical fields as both services have them. */
export const PROFILE_FIELDS = { given_name: 'first_name', family_name: 'last_name', picture: 'avatar_url' };

/** The object that a value is; an empty one for anything else. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
