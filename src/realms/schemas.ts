import { z } from 'zod';
import { VARIABLES } from '../config/variables.ts';
import { JURISDICTIONS } from '../lib/jurisdiction.ts';
import { FACTORS, MFA_MODES } from '../lib/mfa.ts';
import { CLIENT_REGISTRATIONS } from '../lib/realm.ts';

const isLocal = (url: URL) => url.hostname === 'localhost' || url.hostname === '127.0.0.1';

/** Seconds that tokens and sessions of a realm may be made to live. */
export const ACCESS_TOKEN_SECONDS = { min: 60, max: 3600 };
export const SESSION_SECONDS = { min: 300, max: 31_536_000 };
/** Seconds that a proof of who a user is may be made to count as fresh. */
export const REAUTHENTICATION_SECONDS = { min: 60, max: 86_400 };
/** Seconds in which a refresh token that was used still gives the current pair: up to when a lost answer is forgiven anyway. */
export const REFRESH_GRACE_SECONDS = { min: 0, max: 600 };

const Color = z
  .string()
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, { message: 'must be like #1d4ed8' });
const Link = z.url({ protocol: /^https$/ }).max(2000);

/** How the pages of a realm look, as an operator writes it. */
export const AppearanceFields = {
  terms: Link,
  privacy: Link,
  providers: z.enum(['above', 'below']),
  welcome: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .refine((text) => !/\p{Cc}/u.test(text), { message: 'must be one line' }),
  background: Color,
};

/** The settings of a realm, as an operator writes them. */
export const RealmFields = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
    message: 'must have 1 to 40 of a-z, 0-9 and "-", and begin with a letter or digit',
  }),
  database: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,39}$/, { message: 'must be the name of a binding such as DB_2' }),
  jurisdiction: z.enum(JURISDICTIONS),
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^\P{Cc}*$/u),
  color: Color,
  /** Shown instead of the name. */
  logo: Link,
  registration: z.enum(['open', 'verify_first', 'closed']),
  breachedPasswords: z.enum(['refused', 'unchecked']),
  challenge: z.enum(['off', 'altcha', 'turnstile']),
  anonymousUsers: z.enum(['off', 'on']),
  mfa: z.enum(MFA_MODES),
  mfaFactor: z.enum(FACTORS),
  clientRegistration: z.enum(CLIENT_REGISTRATIONS),
  organizations: z.enum(['open', 'closed']),
  organizationsPerUser: z.int().min(1).max(500),
  membersPerOrganization: z.int().min(1).max(10_000),
  ownApiKeys: z.int().min(0).max(50),
  organizationRoles: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'must be a name such as editor' }),
      z
        .array(
          z
            .string()
            .max(60)
            .regex(/^[a-z][a-z0-9_.-]*(?::[a-z0-9_.-]+)*$/, { message: 'must be like articles:write' }),
        )
        .max(50)
        .transform((permissions) => [...new Set(permissions)]),
    )
    .refine((roles) => Object.keys(roles).length <= 20, { message: 'must be at most 20 roles' }),
  origin: VARIABLES.ORIGIN.schema,
  /** A web address, or the private-use scheme of an app, which has a dot (RFC 8252, 7.1). */
  redirect: z.string().refine(
    (value) => {
      const url = URL.parse(value);
      if (!url || value.includes('#')) return false;
      return (
        url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url)) || url.protocol.includes('.')
      );
    },
    { message: 'must be an https URL without a fragment (http is for localhost only)' },
  ),
};
