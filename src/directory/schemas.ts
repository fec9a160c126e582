import { z } from '@hono/zod-openapi';
import { MAX_EMAIL, parseEmailAddress } from '../lib/email-address.ts';
import { parsePhoneNumber } from '../lib/phone-number.ts';
import { rfc3339 } from '../lib/time.ts';
import { DEFAULT_PLAN } from './state.ts';
import type { UserRow } from './tables.ts';

/** Half of a character cannot be stored. */
const wellFormed = (value: string) => value.isWellFormed();

const text = (max: number) =>
  z.string().trim().min(1).max(max).refine(wellFormed, { error: 'Must be whole characters' });

/** An e-mail address as it comes in at every door; out comes the form that the directory keeps. */
export const EmailField = z
  .string()
  .transform((typed, context) => {
    const parsed = parseEmailAddress(typed);
    if ('address' in parsed) return parsed.address;
    const { message } = parsed;
    context.addIssue(
      parsed.problem === 'form'
        ? { code: 'invalid_format', format: 'email', message }
        : { code: 'too_big', origin: 'string', maximum: MAX_EMAIL, message },
    );
    return z.NEVER;
  })
  .openapi({ type: 'string', format: 'email', maxLength: MAX_EMAIL, example: 'ada@example.com' });

/** A phone number as it comes in at every door, with the calling code of its country; out comes E.164. */
export const PhoneField = z
  .string()
  .transform((typed, context) => {
    const number = parsePhoneNumber(typed);
    if (number !== null) return number;
    const message = 'Must be an international number such as +442071838750';
    context.addIssue({ code: 'invalid_format', format: 'e164', message });
    return z.NEVER;
  })
  .openapi({ type: 'string', example: '+442071838750' });

/** What a person may write about themselves. Each field also takes null, which clears it. */
export const ProfileFields = {
  username: z
    .string()
    .trim()
    .regex(/^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._-]{2,31}$/, {
      error:
        'Must have 3 to 32 letters, digits, dots, dashes or underscores, a letter among them, and start with a letter or digit',
    })
    .openapi({ example: 'ada' }),
  name: text(200).openapi({ example: 'Ada Lovelace' }),
  given_name: text(100).openapi({ example: 'Ada' }),
  family_name: text(100).openapi({ example: 'Lovelace' }),
  phone_number: PhoneField,
  country: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{2}$/, { error: 'Must be a two-letter ISO 3166-1 code' })
    .openapi({ example: 'GB' }),
  locale: z
    .string()
    .trim()
    .max(35)
    .refine(isLocale, { error: 'Must be a BCP 47 language tag such as en-GB' })
    .transform((value) => Intl.getCanonicalLocales(value)[0] as string)
    .openapi({ type: 'string', example: 'en-GB' }),
};

function isLocale(value: string): boolean {
  try {
    return Intl.getCanonicalLocales(value).length === 1;
  } catch {
    return false;
  }
}

export const ProfilePatch = z
  .strictObject({
    username: ProfileFields.username.nullish(),
    name: ProfileFields.name.nullish(),
    given_name: ProfileFields.given_name.nullish(),
    family_name: ProfileFields.family_name.nullish(),
    picture: z
      .url({ protocol: /^https$/ })
      .max(2000)
      .nullish()
      .openapi({ example: 'https://example.com/ada.png' }),
    bio: text(2000).nullish(),
    phone_number: ProfileFields.phone_number.nullish().openapi({ type: ['string', 'null'] }),
    country: ProfileFields.country.nullish(),
    locale: ProfileFields.locale.nullish().openapi({ type: ['string', 'null'] }),
  })
  .openapi('ProfilePatch');

/** Bytes of JSON. */
export const MAX_PREFERENCES = 16 * 1024;

/** Levels of JSON: the database reads 1,000 at most, and everything that is read has to be written again. */
const MAX_LEVELS = 100;

/** Whether JSON has no more levels than may be kept. */
export const isFlat = (value: unknown, levels = MAX_LEVELS): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((one) => isFlat(one, levels - 1)));

const FLAT = { error: `Must have at most ${MAX_LEVELS} levels`, abort: true };
const SMALL = { error: 'Must have at most 16 KiB' };
const isSmall = (preferences: object) => Buffer.byteLength(JSON.stringify(preferences)) <= MAX_PREFERENCES;

/** What an app keeps about its user. */
export const PreferencesSchema = z
  .looseObject({
    theme: z.enum(['light', 'dark', 'system']).optional(),
    language: ProfileFields.locale.optional(),
    notifications: z
      .record(z.string(), z.boolean())
      .optional()
      .openapi({ example: { product_news: false } }),
    default_model: z.string().max(200).optional(),
  })
  .refine((preferences) => isFlat(preferences), FLAT)
  .refine(isSmall, SMALL)
  .openapi('Preferences', { description: 'Any JSON object of at most 16 KiB; these keys have a type' });

/** A change of them (JSON Merge Patch, RFC 7396). */
export const PreferencesPatch = z
  .looseObject({
    theme: PreferencesSchema.shape.theme.nullable(),
    language: ProfileFields.locale.nullish().openapi({ type: ['string', 'null'] }),
    notifications: z.record(z.string(), z.boolean().nullable()).nullish(),
    default_model: PreferencesSchema.shape.default_model.nullable(),
  })
  .refine((patch) => isFlat(patch), FLAT)
  .refine(isSmall, SMALL)
  .openapi('PreferencesPatch', { description: 'Keys that are sent change; `null` removes one' });

/** Bytes of JSON. */
const MAX_METADATA = 4096;

/** What the operator's own systems keep about a user. */
export const MetadataSchema = z
  .record(z.string(), z.unknown())
  .refine((metadata) => isFlat(metadata), FLAT)
  .refine((metadata) => Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA, {
    error: 'Must have at most 4 KiB',
  })
  .openapi('UserMetadata', {
    description: 'Any JSON object of at most 4 KiB: set by the hook `before.registration` and by admins',
    type: 'object',
  });

export const UserSchema = z
  .object({
    id: z.string().openapi({ example: 'usr_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    realm: z.string(),
    email: z.string().openapi({
      description:
        'Of a user who has given none, a placeholder at `anonymous.invalid`, which no mail reaches',
    }),
    email_verified: z.boolean(),
    anonymous: z.boolean().openapi({
      description: 'Whether nothing opens the account but its sessions: the user has not registered yet',
    }),
    username: z.string().nullable(),
    name: z.string().nullable(),
    given_name: z.string().nullable(),
    family_name: z.string().nullable(),
    picture: z.string().nullable(),
    bio: z.string().nullable(),
    phone_number: z.string().nullable(),
    phone_number_verified: z.boolean(),
    country: z.string().nullable(),
    locale: z.string().nullable(),
    role: z.enum(['user', 'admin', 'owner']),
    plan: z.string(),
    status: z.enum(['active', 'suspended']),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    last_login_at: z.iso.datetime().nullable(),
  })
  .openapi('User');

export const UserEmailSchema = z
  .object({ user_id: z.string(), email: z.string(), email_verified: z.boolean() })
  .openapi('UserEmail');

/** A user's row as it goes over the wire. */
export function userShape(row: UserRow): z.infer<typeof UserSchema> {
  return {
    id: row.id,
    realm: row.realmId,
    email: row.email,
    email_verified: row.emailVerified,
    anonymous: row.anonymous,
    username: row.username,
    name: row.name,
    given_name: row.givenName,
    family_name: row.familyName,
    picture: row.picture,
    bio: row.bio,
    phone_number: row.phoneNumber,
    phone_number_verified: row.phoneNumberVerified,
    country: row.country,
    locale: row.locale,
    role: row.role,
    plan: row.planExpiresAt !== null && row.planExpiresAt <= Date.now() ? DEFAULT_PLAN : row.plan,
    status: row.status,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
    last_login_at: row.lastLoginAt === null ? null : rfc3339(row.lastLoginAt),
  };
}

/** The parameter of paths about one user. */
export const UserIdParams = z.object({
  id: z.string().openapi({ example: 'usr_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
});

/** `a…@e….com`: enough to recognise, too little to write to, and nothing that a mail program makes a link of. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return `${email.slice(0, 1)}…@${email.slice(at + 1, at + 2)}…${email.slice(email.lastIndexOf('.'))}`;
}
