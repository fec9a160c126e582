import { z } from '@hono/zod-openapi';
import { listOf, PageLimit } from '../http/list-schemas.ts';
import { FACTORS } from '../lib/mfa.ts';
import { rfc3339 } from '../lib/time.ts';
import {
  ACCESS_TOKEN_SECONDS,
  REAUTHENTICATION_SECONDS,
  REFRESH_GRACE_SECONDS,
  RealmFields,
  SESSION_SECONDS,
} from './schemas.ts';
import type { RealmRow } from './tables.ts';

const seconds = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);

const policy = {
  name: RealmFields.name.optional().openapi({ description: 'What users see' }),
  color: RealmFields.color.optional().openapi({ description: 'Of mails and pages', example: '#1d4ed8' }),
  logo: RealmFields.logo.nullish().openapi({ description: 'A picture that pages show instead of the name' }),
  registration: RealmFields.registration.optional(),
  allowed_origins: z
    .array(RealmFields.origin)
    .max(100)
    .optional()
    .openapi({ description: 'Web apps that may call from browsers' }),
  redirect_targets: z
    .array(RealmFields.redirect)
    .max(100)
    .optional()
    .openapi({ description: 'Where a sign-in may lead back to' }),
  audience: z.url().nullish().openapi({ description: '`aud` of access tokens, when not the issuer' }),
  access_token_seconds: seconds(ACCESS_TOKEN_SECONDS).optional(),
  session_idle_seconds: seconds(SESSION_SECONDS).optional(),
  session_absolute_seconds: seconds(SESSION_SECONDS).optional(),
  reauthentication_seconds: seconds(REAUTHENTICATION_SECONDS).optional().openapi({
    description: 'How old a sign-in or re-authentication may be where a fresh one is needed',
  }),
  operator_reauthentication_seconds: seconds(REAUTHENTICATION_SECONDS)
    .optional()
    .openapi({ description: 'The same for acts of admins and owners' }),
  mfa: RealmFields.mfa.optional().openapi({
    description:
      'Whether sign-ins take a second factor: never, of accounts that have one, of everybody, or of admins and owners (and of accounts that have one), which it is unless it is set',
  }),
  mfa_factors: z
    .array(RealmFields.mfaFactor)
    .max(FACTORS.length)
    .transform((factors) => FACTORS.filter((one) => factors.includes(one)))
    .optional()
    .openapi({
      description:
        'The factors that count: a code to an address is asked for only where a factor is required and the account has no other',
    }),
  mfa_from: z.iso
    .datetime()
    .nullish()
    .openapi({ description: 'From when on a factor is required; null is at once' }),
  mfa_remember_device: z
    .boolean()
    .optional()
    .openapi({ description: 'Whether a device may be remembered for 30 days, which is not asked then' }),
  refresh_grace_seconds: seconds(REFRESH_GRACE_SECONDS)
    .optional()
    .openapi({ description: 'How long a used refresh token gives the current pair again; 30 unless set' }),
};

const mfaFields = {
  mfa: RealmFields.mfa,
  mfa_factors: z.array(RealmFields.mfaFactor),
  mfa_from: z.iso.datetime().nullable(),
  mfa_remember_device: z.boolean(),
};

export const NewRealm = z.strictObject({ id: RealmFields.id, ...policy }).openapi('NewRealm');
export const RealmPatch = z.strictObject(policy).openapi('RealmPatch');

export const RealmQuery = z.object({
  limit: PageLimit,
  cursor: RealmFields.id.optional().openapi({ description: '`next_cursor` of the page before' }),
});

export const RealmSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    color: z.string(),
    logo: z.string().nullable(),
    registration: RealmFields.registration,
    allowed_origins: z.array(z.string()),
    redirect_targets: z.array(z.string()),
    audience: z.string().nullable(),
    access_token_seconds: z.int(),
    session_idle_seconds: z.int(),
    session_absolute_seconds: z.int(),
    reauthentication_seconds: z.int(),
    operator_reauthentication_seconds: z.int(),
    refresh_grace_seconds: z.int(),
    ...mfaFields,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Realm');

export const RealmListSchema = listOf(RealmSchema).openapi('RealmList');

/** A realm as it goes over the wire. */
export function realmShape(row: RealmRow): z.infer<typeof RealmSchema> {
  return {
    id: row.id,
    name: row.name,
    color: row.color,
    logo: row.logo,
    registration: row.registration,
    allowed_origins: row.allowedOrigins,
    redirect_targets: row.redirectTargets,
    audience: row.audience,
    access_token_seconds: row.accessTokenSeconds,
    session_idle_seconds: row.sessionIdleSeconds,
    session_absolute_seconds: row.sessionAbsoluteSeconds,
    reauthentication_seconds: row.reauthenticationSeconds,
    operator_reauthentication_seconds: row.operatorReauthenticationSeconds,
    refresh_grace_seconds: row.refreshGraceSeconds,
    mfa: row.mfa ?? 'required_for_admins',
    mfa_factors: row.mfaFactors,
    mfa_from: row.mfaFrom === null ? null : rfc3339(row.mfaFrom),
    mfa_remember_device: row.mfaRememberDevice,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}
