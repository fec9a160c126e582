import type { Claims, ProviderProfile } from './port.ts';

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
    emailVerified: yes(claims, 'email_verified'),
    name: text(claims, 'name'),
    givenName: text(claims, 'given_name'),
    familyName: text(claims, 'family_name'),
    picture: text(claims, 'picture'),
    locale: text(claims, 'locale'),
  };
}
