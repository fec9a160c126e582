import { z } from 'zod';
import { parseEmailAddress } from '../lib/email-address.ts';
import type { Claims, Endpoints, ProviderProfile, ReadAsUser } from './port.ts';

/** A claim that is a text with something in it, else null. */
export function text(claims: Claims, name: string): string | null {
  const value = claims[name];
  // Half of a character cannot be stored.
  return typeof value === 'string' && value !== '' ? value.toWellFormed() : null;
}

/** A claim that says yes: some providers write it as a text or a number. */
export function yes(claims: Claims, name: string): boolean {
  const value = claims[name];
  return value === true || value === 'true' || value === 1 || value === '1';
}

/** The claims of OpenID Connect Core 1.0, 5.1. */
export function standardProfile(claims: Claims): ProviderProfile {
  return {
    subject: text(claims, 'sub') ?? '',
    email: text(claims, 'email'),
    emailVerified: claims.email_verified === undefined ? null : yes(claims, 'email_verified'),
    name: text(claims, 'name'),
    givenName: text(claims, 'given_name'),
    familyName: text(claims, 'family_name'),
    picture: text(claims, 'picture'),
    locale: text(claims, 'locale'),
  };
}

/** Whether two addresses are the same as the directory keeps them: providers write one in several ways. */
export function isSameAddress(one: unknown, other: unknown): boolean {
  const [a, b] = [one, other].map((address) => parseEmailAddress(typeof address === 'string' ? address : ''));
  return (
    one === other ||
    (a !== undefined && 'address' in a && b !== undefined && 'address' in b && a.address === b.address)
  );
}

/**
 * The claims of an ID token, and of the userinfo endpoint (OpenID Connect Core 1.0, 5.3) what it leaves out of address, name
 * and whether the address is verified: many issuers say those only there.
 */
export async function askUserinfo(
  read: ReadAsUser,
  { userinfo }: Endpoints,
  claims: Claims,
): Promise<Claims> {
  const isWhole = ['email', 'email_verified', 'name'].every((name) => claims[name] !== undefined);
  if (!userinfo || isWhole) return claims;
  const said = z.looseObject({ sub: z.string() }).parse(await read(userinfo));
  // OpenID Connect Core 1.0, 5.3.2: the answer could be about somebody else.
  if (said.sub !== claims.sub) return claims;
  const { email, email_verified, ...others } = said as Claims;
  // That one address is verified says nothing of another.
  const isSame = claims.email === undefined || isSameAddress(claims.email, email);
  return { ...others, ...(isSame && { email, email_verified }), ...claims };
}
