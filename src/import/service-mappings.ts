import { PreferencesSchema, ProfileFields, ProfilePatch } from '../directory/schemas.ts';
import { type DialectName, DOZTRA_PLANS } from '../lib/dialect-names.ts';
import { parsePhoneNumber } from '../lib/phone-number.ts';
import { type Mapping, MappingSchema, type RecordMapping } from './mapping.ts';
import { countryCode } from './places.ts';

type Values = Record<string, unknown>;

const YES = ['true', 't', '1'];
const NO = ['false', 'f', '0'];
const either = (yes: string, no: string) =>
  Object.fromEntries([...YES.map((value) => [value, yes]), ...NO.map((value) => [value, no])]);
const STATUS = either('active', 'suspended');
const ADMIN = either('admin', 'user');

const PREPARED: Record<DialectName, { mapping: Partial<Mapping>; prepare(values: Values): Values }> = {
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
      identities: accounts(listOf(values.oauth_accounts).map((one) => [one.provider, one.provider_user_id])),
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
      name: wholeName(values),
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
      name: wholeName(values),
      phone_number: parsePhoneNumber(textOf(values.phone), textOf(values.country_code)),
      country: countryCode(textOf(values.country_code)) ?? countryCode(textOf(values.country)),
      created_at: secondsOf(textOf(values._id)),
    }),
  },
};

/** How records become ours: as a service has them, if it is known, and what a mapping of its own lays over that. */
export function mappingOf(service: DialectName | undefined, own: Mapping): RecordMapping {
  if (!service) return own;
  const { mapping, prepare } = PREPARED[service];
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

function leftBehind(...names: string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

const isGiven = (value: unknown): boolean => value !== null && value !== undefined && value !== '';
const textOf = (value: unknown): string =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value).trim() : '';
const wordOf = (value: unknown): string => textOf(value).toLowerCase();

/** A value that would cost its user the whole row, and that they can do without: as it is, or not at all. */
function possible(value: unknown, schema: { safeParse(value: unknown): { success: boolean } }): unknown {
  return schema.safeParse(value).success ? value : null;
}

/** Accounts at providers, of those pairs of provider and subject that are whole. */
function accounts(
  pairs: [provider: unknown, subject: unknown][],
): { provider: string; subject: string }[] | null {
  const whole = pairs.filter((pair) => pair.every(isGiven));
  return whole.length === 0
    ? null
    : whole.map(([provider, subject]) => ({ provider: wordOf(provider), subject: textOf(subject) }));
}

function wholeName({ first_name, last_name }: Values): string | null {
  const name = [first_name, last_name].map(textOf).filter(Boolean).join(' ');
  return name === '' ? null : name;
}

/** What a column holds that is JSON in databases without such a type; as it is when it is no JSON. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function listOf(value: unknown): Values[] {
  const list = parsed(value);
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];
}

/** Preferences without those of our own keys that mean something else there; null when nothing is left. */
function fitting(value: unknown): Values | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const issues = PreferencesSchema.safeParse(value).error?.issues ?? [];
  const misfits = new Set(issues.map(({ path }) => path[0]));
  const entries = Object.entries(value).filter(([key, one]) => isGiven(one) && !misfits.has(key));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** When an ObjectId of MongoDB was made: its first four bytes are Unix seconds. */
function secondsOf(id: string): number | null {
  const [, hex] = /^(?:ObjectId\()?([0-9a-f]{8})[0-9a-f]{16}\)?$/i.exec(id) ?? [];
  return hex ? Number.parseInt(hex, 16) : null;
}
