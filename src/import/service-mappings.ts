import { ProfileFields, ProfilePatch } from '../directory/schemas.ts';
import { DIALECT_NAMES, type DialectName, DOZTRA_PLANS } from '../lib/dialect-names.ts';
import { parsePhoneNumber } from '../lib/phone-number.ts';
import { type Mapping, MappingSchema, type RecordMapping } from './mapping.ts';
import { countryCode } from './places.ts';
import { SYSTEM_NAMES, SYSTEMS, type SystemName } from './system-mappings.ts';
import {
  accounts,
  either,
  type ForeignValues,
  fitting,
  isGiven,
  nameOf,
  objectsIn,
  parsed,
  possible,
  wordOf,
  writtenIn,
  YES,
} from './values.ts';

const STATUS = either('active', 'suspended');
const ADMIN = either('admin', 'user');

const PREPARED: Record<
  DialectName,
  { mapping: Partial<Mapping>; prepare(values: ForeignValues): ForeignValues }
> = {
  doztra: {
    mapping: {
      columns: {
        id: 'external_id',
        hashed_password: 'password_hash',
        is_active: 'status',
        is_verified: 'email_verified',
        last_login: 'last_login_at',
        ...leftBehind(
          'updated_at',
          'oauth_provider',
          'oauth_user_id',
          'oauth_access_token',
          'oauth_refresh_token',
          'oauth_token_expires_at',
          'subscription_status',
          'theme',
          'notifications',
          'default_model',
        ),
      },
      values: { status: STATUS, plan: DOZTRA_PLANS },
    },
    prepare(values) {
      const { theme, notifications, default_model, oauth_provider, oauth_user_id } = values;
      const wanted = isGiven(notifications) ? { all: YES.includes(wordOf(notifications)) } : undefined;
      const status = wordOf(values.subscription_status);
      const isOver =
        ['expired', 'pending'].includes(status) ||
        (status === 'canceled' && !isGiven(values.plan_expires_at));
      return {
        ...values,
        ...(isOver && { plan: null, plan_expires_at: null }),
        identities: accounts([[oauth_provider, oauth_user_id]]),
        preferences: fitting({ theme: wordOf(theme), notifications: wanted, default_model }),
      };
    },
  },
  'auth-service': {
    mapping: {
      columns: {
        id: 'external_id',
        hashed_password: 'password_hash',
        is_admin: 'role',
        is_active: 'status',
        is_verified: 'email_verified',
        last_login: 'last_login_at',
        balance: 'opening_credits',
        ...leftBehind('updated_at', 'google_id', 'auth_type'),
      },
      values: { status: STATUS, role: ADMIN },
    },
    prepare: (values) => ({
      ...values,
      username: possible(values.username, ProfileFields.username),
      identities: accounts([['google', values.google_id]]),
    }),
  },
  aiezzy: {
    mapping: {
      columns: {
        id: 'external_id',
        full_name: 'name',
        is_active: 'status',
        is_admin: 'role',
        tier: 'plan',
        profile_image: 'picture',
        last_login: 'last_login_at',
        ...leftBehind('updated_at', 'oauth_accounts'),
      },
      values: { status: STATUS, role: ADMIN },
      hash: {
        ...{ algorithm: 'sha256', order: 'password_salt', digest: 'hex', salt: 'text' },
        ...{ separator: '$', first: 'salt' },
      },
    },
    prepare: (values) => ({
      ...values,
      username: possible(values.username, ProfileFields.username),
      profile_image: possible(values.profile_image, ProfilePatch.shape.picture),
      preferences: fitting(parsed(values.preferences)),
      identities: accounts(
        objectsIn(values.oauth_accounts).map((one) => [one.provider, one.provider_user_id]),
      ),
    }),
  },
  'astro-backend': {
    mapping: {
      columns: {
        id: 'external_id',
        is_verified: 'email_verified',
        avatar_url: 'picture',
        first_name: 'given_name',
        last_name: 'family_name',
        ...leftBehind('updated_at'),
      },
    },
    prepare: (values) => ({
      ...values,
      username: possible(values.username, ProfileFields.username),
      avatar_url: possible(values.avatar_url, ProfilePatch.shape.picture),
      name: nameOf(values.first_name, values.last_name),
    }),
  },
  'two-user-types': {
    mapping: {
      columns: {
        id: 'external_id',
        first_name: 'given_name',
        last_name: 'family_name',
        is_email_verified: 'email_verified',
        password: 'password_hash',
        ...leftBehind(
          '_id',
          'phone',
          'country_code',
          'email_search_hash',
          'email_encrypted',
          'phone_encrypted',
          'first_name_encrypted',
          'last_name_encrypted',
        ),
      },
    },
    prepare: (values) => ({
      ...values,
      name: nameOf(values.first_name, values.last_name),
      phone_number: parsePhoneNumber(writtenIn(values.phone), writtenIn(values.country_code)),
      country: countryCode(writtenIn(values.country_code)) ?? countryCode(writtenIn(values.country)),
      created_at: secondsOf(writtenIn(values._id)),
    }),
  },
};

/** Whose exports are read as they are: the older services, and the systems that people come from. */
export const SOURCE_NAMES = [...DIALECT_NAMES, ...SYSTEM_NAMES] as const;

export type SourceName = (typeof SOURCE_NAMES)[number];

/** How records become ours: as a source has them, if it is known, and what a mapping of its own lays over that. */
export function mappingOf(source: SourceName | undefined, own: Mapping): RecordMapping {
  if (!source) return own;
  if (isSystem(source)) return systemMapping(source, own);
  const { mapping, prepare } = PREPARED[source];
  const { columns = {}, values = {}, hash } = mapping;
  const meanings = { ...values };
  for (const [column, meaning] of Object.entries(own.values) as [keyof Mapping['values'], object][]) {
    meanings[column] = { ...meanings[column], ...meaning };
  }
  return {
    ...MappingSchema.parse({
      columns: { ...columns, ...own.columns },
      values: meanings,
      hash: own.hash ?? hash,
    }),
    prepare,
  };
}

const isSystem = (source: SourceName): source is SystemName => Object.hasOwn(SYSTEMS, source);

/** Of a system only what is read counts, and what a mapping of its own names, which goes first. */
function systemMapping(system: SystemName, own: Mapping): RecordMapping {
  const { hash, read } = SYSTEMS[system];
  const named = Object.entries(own.columns).filter(([, column]) => column !== null);
  const taken = new Set(named.map(([, column]) => column as string));
  return {
    ...own,
    hash: own.hash ?? hash,
    leavesOthers: true,
    prepare: (values) => ({
      ...Object.fromEntries(Object.entries(read(values)).filter(([column]) => !taken.has(column))),
      ...Object.fromEntries(named.map(([name]) => [name, values[name]])),
    }),
  };
}

function leftBehind(...names: string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** When an ObjectId of MongoDB was made: its first four bytes are Unix seconds. */
function secondsOf(id: string): number | null {
  const [, hex] = /^(?:ObjectId\()?([0-9a-f]{8})[0-9a-f]{16}\)?$/i.exec(id) ?? [];
  return hex ? Number.parseInt(hex, 16) : null;
}
