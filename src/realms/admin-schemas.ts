import { z } from '@hono/zod-openapi';
import { listOf, PageLimit } from '../http/list-schemas.ts';
import { REALM_PICTURES } from '../images/picture-key.ts';
import { inEachLanguage } from '../lib/language.ts';
import { FACTORS } from '../lib/mfa.ts';
import { appearanceOf, CLIENT_REGISTRATIONS } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import type { MoveRow } from './move-store.ts';
import {
  ACCESS_TOKEN_SECONDS,
  AppearanceFields,
  REAUTHENTICATION_SECONDS,
  REFRESH_GRACE_SECONDS,
  RealmFields,
  SESSION_SECONDS,
} from './schemas.ts';
import type { RealmRow } from './tables.ts';

const seconds = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);

const Appearance = z
  .strictObject({
    terms: AppearanceFields.terms.nullish().openapi({ description: 'What who registers agrees to (https)' }),
    privacy: AppearanceFields.privacy.nullish().openapi({ description: 'The privacy policy (https)' }),
    providers: AppearanceFields.providers.nullish().openapi({
      description:
        'Where the buttons of sign-in providers stand: before the form, or after it, which is usual',
    }),
    welcome: z
      .strictObject(inEachLanguage(() => AppearanceFields.welcome.nullish()))
      .nullish()
      .openapi({
        description:
          'What stands below the title of signing in and registering, by the language of the reader; English for who reads another',
        example: { en: 'One account for all of Acme' },
      }),
    background: AppearanceFields.background
      .nullish()
      .openapi({ description: 'The colour of the ground behind the card', example: '#0f172a' }),
    picture: z.null().optional().openapi({
      description:
        'Null takes the picture away that covers the ground; `PUT /v1/admin/realms/{id}/pictures/background` puts one up',
    }),
  })
  .openapi('RealmAppearanceChange');

const policy = {
  name: RealmFields.name.optional().openapi({ description: 'What users see' }),
  color: RealmFields.color.optional().openapi({ description: 'Of mails and pages', example: '#1d4ed8' }),
  logo: RealmFields.logo.nullish().openapi({
    description:
      'The address of a picture that pages show instead of the name (https); `PUT /v1/admin/realms/{id}/pictures/logo` puts one up here',
  }),
  appearance: Appearance.optional().openapi({
    description:
      'How pages look, by the rules of JSON Merge Patch (RFC 7396): what is not sent stays, null takes it back',
  }),
  registration: RealmFields.registration.optional(),
  breached_passwords: RealmFields.breachedPasswords.optional().openapi({
    description: 'Whether new passwords that were published in breaches of other services are refused',
  }),
  challenge: RealmFields.challenge.optional().openapi({
    description:
      'What clients and addresses that became suspicious have to solve: a proof of work (`altcha`) or Cloudflare Turnstile',
  }),
  anonymous_users: RealmFields.anonymousUsers.optional().openapi({
    description: 'Whether somebody may use the realm without registering first; `off` unless it is set',
  }),
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
  client_registration: z
    .array(RealmFields.clientRegistration)
    .max(CLIENT_REGISTRATIONS.length)
    .transform((ways) => CLIENT_REGISTRATIONS.filter((one) => ways.includes(one)))
    .optional()
    .openapi({
      description:
        'How clients come that no operator has registered: they register themselves (RFC 7591, `dynamic`), or their id is the address of a document that describes them (`document`). Not at all unless it is set',
    }),
  organizations: RealmFields.organizations.optional().openapi({
    description: 'Who makes organizations: every user with a proven address (`open`), or operators alone',
  }),
  organizations_per_user: RealmFields.organizationsPerUser
    .optional()
    .openapi({ description: 'In how many organizations one user can be' }),
  members_per_organization: RealmFields.membersPerOrganization
    .optional()
    .openapi({ description: 'How many members one can have, where its seats do not say less' }),
  organization_roles: RealmFields.organizationRoles.optional().openapi({
    description:
      'Permissions by role, in place of those before: roles of the realm’s own, and what it adds to `owner`, `admin`, `billing` and `member`',
    example: { editor: ['articles:write'], member: ['articles:read'] },
  }),
  own_api_keys: RealmFields.ownApiKeys.optional().openapi({
    description:
      'How many API keys of their own a user, and an organization, may have; 0 for none more. 20 unless set',
  }),
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

/** What is chosen when a realm is made. */
const place = {
  database: RealmFields.database.optional().openapi({
    description: 'The binding of the D1 database that it shall live in; `DB` unless it is said',
    example: 'DB_2',
  }),
  jurisdiction: RealmFields.jurisdiction.nullish().openapi({
    description:
      'Where Cloudflare keeps its objects and its database, for good; without a `database`, the first that `DATABASES` says to be of it',
  }),
};

const fixed = (message: string) =>
  z
    .unknown()
    .refine((value) => value === undefined, { message })
    .optional()
    .openapi({ description: message });

export const NewRealm = z.strictObject({ id: RealmFields.id, ...place, ...policy }).openapi('NewRealm');
export const RealmPatch = z
  .strictObject({
    ...policy,
    database: fixed('Is changed by moving the realm: see `realm move`'),
    jurisdiction: fixed('Cannot change: objects stay where they were made'),
  })
  .openapi('RealmPatch');

export const RealmQuery = z.object({
  limit: PageLimit,
  cursor: RealmFields.id.optional().openapi({ description: '`next_cursor` of the page before' }),
});

export const RealmPictureParams = z.object({
  id: z.string(),
  picture: z.enum(REALM_PICTURES).openapi({ description: 'What stands for the name, or covers the ground' }),
});

const AppearanceSchema = z
  .object({
    terms: z.string().nullable(),
    privacy: z.string().nullable(),
    providers: AppearanceFields.providers,
    welcome: z.object(inEachLanguage(() => z.string().optional())),
    background: z.string().nullable(),
    picture: z.string().nullable(),
  })
  .openapi('RealmAppearance');

export const RealmSchema = z
  .object({
    id: z.string(),
    database: z.string().openapi({ description: 'The binding of the D1 database that it lives in' }),
    jurisdiction: RealmFields.jurisdiction.nullable(),
    name: z.string(),
    color: z.string(),
    logo: z.string().nullable(),
    appearance: AppearanceSchema,
    registration: RealmFields.registration,
    breached_passwords: RealmFields.breachedPasswords,
    challenge: RealmFields.challenge,
    anonymous_users: RealmFields.anonymousUsers,
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
    client_registration: z.array(RealmFields.clientRegistration),
    organizations: RealmFields.organizations,
    organizations_per_user: z.int(),
    members_per_organization: z.int(),
    organization_roles: z.record(z.string(), z.array(z.string())),
    own_api_keys: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Realm');

export const RealmListSchema = listOf(RealmSchema).openapi('RealmList');

/** A realm as it goes over the wire. */
export function realmShape(row: RealmRow): z.infer<typeof RealmSchema> {
  return {
    id: row.id,
    database: row.database,
    jurisdiction: row.jurisdiction,
    name: row.name,
    color: row.color,
    logo: row.logo,
    appearance: appearanceOf(row.appearance),
    registration: row.registration,
    breached_passwords: row.breachedPasswords,
    challenge: row.challenge,
    anonymous_users: row.anonymousUsers,
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
    client_registration: row.clientRegistration ?? [],
    organizations: row.organizations,
    organizations_per_user: row.organizationsPerUser,
    members_per_organization: row.membersPerOrganization,
    organization_roles: row.organizationRoles as Record<string, string[]>,
    own_api_keys: row.ownApiKeys,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}

export const NewRealmMove = z
  .strictObject({ database: RealmFields.database.openapi({ example: 'DB_2' }) })
  .openapi('NewRealmMove');

export const RealmMoveSchema = z
  .object({
    realm_id: z.string(),
    source: z.string().openapi({
      description: 'The database that rows come from; while clearing, that they are deleted from',
    }),
    target: z.string(),
    state: z.enum(['copying', 'switching', 'telling', 'moved', 'clearing']).openapi({
      description:
        '`copying` and comparing while the realm goes on · `switching`: writes wait a moment · `telling`: the realm lives in the target, its users’ objects are told · `moved`: waits to be confirmed or taken back · `clearing`: the copy that is left is deleted',
    }),
    waits: z.boolean().openapi({ description: 'Whether there is nothing to do at this moment' }),
    ended: z.boolean().openapi({ description: 'Whether this was the last step' }),
    rows: z.int().openapi({ description: 'Rows copied' }),
    hashes: z.record(z.string(), z.string()).openapi({
      description:
        'Of each table that was compared: SHA-256 over its rows, the same in both databases (base64url)',
    }),
    counts: z.record(z.string(), z.int()).nullable().openapi({
      description: 'Rows of each table at the switch, the same in both databases',
    }),
    started_at: z.iso.datetime(),
    switched_at: z.iso.datetime().nullable(),
  })
  .openapi('RealmMove');

/** A move as it goes over the wire. */
export function moveShape(move: MoveRow & { waits?: boolean }): z.infer<typeof RealmMoveSchema> {
  const { position, state, startedAt, switchedAt } = move;
  return {
    realm_id: move.realmId,
    source: move.source,
    target: move.target,
    state,
    waits: move.waits ?? false,
    ended: state === 'clearing' && position.part === 'done',
    rows: move.rows,
    hashes: position.hashes ?? {},
    counts: position.counts ?? null,
    started_at: rfc3339(startedAt),
    switched_at: switchedAt === null ? null : rfc3339(switchedAt),
  };
}
