import { z } from 'zod';
import { ProfileFields, ProfilePatch } from '../directory/schemas.ts';
import { parsePhoneNumber } from '../lib/phone-number.ts';
import { PasskeyName } from '../passkeys/schemas.ts';
import type { HashFormat } from './hash-format.ts';
import { keycloakHash, keycloakTotp } from './keycloak.ts';
import {
  accounts,
  type ForeignValues,
  isGiven,
  isYes,
  nameOf,
  objectIn,
  objectsIn,
  possible,
  wordOf,
  writtenIn,
} from './values.ts';

/** What people come from, besides the older services. */
export const SYSTEM_NAMES = [
  'firebase',
  'auth0',
  'supabase',
  'clerk',
  'better-auth',
  'keycloak',
  'lucia',
  'django',
  'werkzeug',
] as const;

export type SystemName = (typeof SYSTEM_NAMES)[number];

/** How a system exports its users: what of a record is ours, and how its hashes are written. */
interface System {
  hash?: HashFormat;
  read(values: ForeignValues): ForeignValues;
}

/** A row of Better Auth's table `passkey`, in either way of naming. It keeps no user handle. */
function betterAuthPasskey(row: ForeignValues) {
  const valueIn = (camel: string, snake: string) => row[camel] ?? row[snake];
  return {
    credential_id: valueIn('credentialID', 'credential_id'),
    public_key: valueIn('publicKey', 'public_key'),
    counter: row.counter,
    transports: writtenIn(row.transports).split(',').filter(Boolean),
    aaguid: possible(row.aaguid, z.guid()),
    backup_eligible: wordOf(valueIn('deviceType', 'device_type')) === 'multidevice',
    backed_up: isYes(valueIn('backedUp', 'backed_up')),
    // It asks for verification where that is possible, and takes whatever comes.
    user_verified: false,
    name: possible(row.name, PasskeyName),
    created_at: valueIn('createdAt', 'created_at'),
  };
}

/** Providers whose subjects are the same wherever one signs in, by the names that systems give them. */
const PROVIDERS: Record<string, string> = {
  'google.com': 'google',
  'google-oauth2': 'google',
  'github.com': 'github',
  'apple.com': 'apple',
  google: 'google',
  github: 'github',
  gitlab: 'gitlab',
  discord: 'discord',
};

/** Accounts at providers that are known here. Of others nobody could sign in. */
function linked(pairs: [provider: unknown, subject: unknown][]) {
  return accounts(pairs.map(([provider, subject]) => [PROVIDERS[wordOf(provider)], subject]));
}

const status = (isSuspended: boolean) => (isSuspended ? 'suspended' : 'active');
const picture = (value: unknown) => possible(value, ProfilePatch.shape.picture);
const username = (value: unknown) => possible(value, ProfileFields.username);
const name = (value: unknown) => possible(value, ProfileFields.name);
const locale = (value: unknown) => possible(value, ProfileFields.locale);
const phone = (value: unknown) => parsePhoneNumber(writtenIn(value));
/** A time that is given says that something happened. */
const happened = (value: unknown) => (isGiven(value) ? true : null);
/** A number counts as proven only where there is one. */
const proven = (number: string | null, isProven: boolean) => (number !== null && isProven ? true : null);

/**
 * Each reads the export that the system's own tool makes; the guide *Import users* says which. What is not read is left
 * behind.
 */
export const SYSTEMS: Record<SystemName, System> = {
  // `firebase auth:export`; its hashes are made ours by the command, which has the project's key.
  firebase: {
    read(values) {
      const number = phone(values.phoneNumber);
      const providers = objectsIn(values.providerUserInfo);
      return {
        external_id: values.localId,
        email: values.email,
        email_verified: values.emailVerified,
        name: name(values.displayName),
        picture: picture(values.photoUrl),
        phone_number: number,
        // Numbers come by a code only.
        phone_number_verified: proven(number, true),
        status: status(isYes(values.disabled)),
        password_hash: values.passwordHash,
        identities: linked(providers.map(({ providerId, rawId }) => [providerId, rawId])),
        created_at: values.createdAt,
        last_login_at: values.lastSignedInAt,
      };
    },
  },
  // The bulk export of users as NDJSON, with the hashes that support sends joined in as `passwordHash`.
  auth0: {
    read(values) {
      const number = phone(values.phone_number);
      return {
        external_id: values.user_id,
        email: values.email,
        email_verified: values.email_verified,
        username: username(values.username),
        name: name(values.name === values.email ? null : values.name),
        given_name: values.given_name,
        family_name: values.family_name,
        picture: picture(values.picture),
        locale: locale(values.locale),
        phone_number: number,
        phone_number_verified: proven(number, isYes(values.phone_verified)),
        status: status(isYes(values.blocked)),
        password_hash: values.passwordHash ?? values.password_hash,
        identities: linked(objectsIn(values.identities).map((one) => [one.provider, one.user_id])),
        created_at: values.created_at,
        last_login_at: values.last_login,
      };
    },
  },
  // The table `auth.users`, as CSV or JSON.
  supabase: {
    read(values) {
      const number = phone(isGiven(values.phone) ? `+${writtenIn(values.phone).replace(/^\+/, '')}` : '');
      const [app, user] = [objectIn(values.raw_app_meta_data), objectIn(values.raw_user_meta_data)];
      const banned = Date.parse(
        writtenIn(values.banned_until)
          .replace(' ', 'T')
          .replace(/([+-]\d\d)$/, '$1:00'),
      );
      return {
        external_id: values.id,
        email: values.email,
        email_verified: happened(values.email_confirmed_at ?? values.confirmed_at),
        name: name(user.full_name ?? user.name),
        picture: picture(user.avatar_url ?? user.picture),
        phone_number: number,
        phone_number_verified: proven(number, isGiven(values.phone_confirmed_at)),
        status: status(isGiven(values.deleted_at) || banned > Date.now()),
        password_hash: values.encrypted_password,
        identities: linked([[app.provider, user.provider_id ?? user.sub]]),
        created_at: values.created_at,
        last_login_at: values.last_sign_in_at,
      };
    },
  },
  // The export of the dashboard, CSV.
  clerk: {
    read(values) {
      const addresses = writtenIn(values.verified_email_addresses).split(/[|,;\s]+/);
      const email = writtenIn(values.primary_email_address) || addresses[0];
      const number = phone(values.primary_phone_number);
      const numbers = writtenIn(values.verified_phone_numbers)
        .split(/[|,;]+/)
        .map(phone);
      return {
        external_id: values.id,
        email,
        email_verified: addresses.some((one) => one !== '' && one.toLowerCase() === `${email}`.toLowerCase()),
        username: username(values.username),
        name: name(nameOf(values.first_name, values.last_name)),
        given_name: values.first_name,
        family_name: values.last_name,
        phone_number: number,
        phone_number_verified: proven(number, numbers.includes(number)),
        password_hash: values.password_digest,
        totp_secret: values.totp_secret,
      };
    },
  },
  // The table `user`, with `password` of the row of `account` whose provider is `credential`; or its rows as `accounts`. Rows of
  // `passkey` as `passkeys`.
  'better-auth': {
    hash: { algorithm: 'lucia' },
    read(values) {
      const { accounts: list, passkeys, ...own } = values;
      const rows = objectsIn(list);
      const valueIn = (camel: string, snake: string) => own[camel] ?? own[snake];
      const number = phone(valueIn('phoneNumber', 'phone_number'));
      const credential = rows.find((one) => (one.providerId ?? one.provider_id) === 'credential');
      return {
        external_id: own.id,
        email: own.email,
        email_verified: valueIn('emailVerified', 'email_verified'),
        username: username(valueIn('displayUsername', 'display_username') ?? own.username),
        name: name(own.name),
        picture: picture(own.image),
        phone_number: number,
        phone_number_verified: proven(number, isYes(valueIn('phoneNumberVerified', 'phone_number_verified'))),
        status: status(isYes(own.banned)),
        password_hash: own.password ?? credential?.password,
        passkeys: objectsIn(passkeys).map(betterAuthPasskey),
        identities: linked(
          rows.map((one) => [one.providerId ?? one.provider_id, one.accountId ?? one.account_id]),
        ),
        created_at: valueIn('createdAt', 'created_at'),
      };
    },
  },
  // `kc.sh export`, the file of the realm or those of its users.
  keycloak: {
    read(values) {
      const credentials = objectsIn(values.credentials);
      const typed = (type: string) => credentials.find((one) => one.type === type) ?? {};
      const attribute = (key: string) => [objectIn(values.attributes)[key]].flat()[0];
      const number = phone(attribute('phoneNumber'));
      return {
        external_id: values.id,
        email: values.email,
        email_verified: values.emailVerified,
        username: username(values.username === values.email ? null : values.username),
        name: name(nameOf(values.firstName, values.lastName)),
        given_name: values.firstName,
        family_name: values.lastName,
        locale: locale(attribute('locale')),
        phone_number: number,
        phone_number_verified: proven(number, isYes(attribute('phoneNumberVerified'))),
        status: status(isGiven(values.enabled) && !isYes(values.enabled)),
        password_hash: keycloakHash(typed('password')),
        totp_secret: keycloakTotp(typed('otp')),
        identities: linked(
          objectsIn(values.federatedIdentities).map((one) => [one.identityProvider, one.userId]),
        ),
        created_at: values.createdTimestamp,
      };
    },
  },
  // Its tables are the app's own: these are the names that its guides use.
  lucia: {
    hash: { algorithm: 'lucia' },
    read: (values) => ({
      external_id: values.id,
      email: values.email,
      email_verified: values.email_verified,
      username: username(values.username),
      name: name(values.name),
      password_hash: values.password_hash ?? values.hashed_password,
      identities: linked([
        ['google', values.google_id],
        ['github', values.github_id],
      ]),
      created_at: values.created_at,
    }),
  },
  // `manage.py dumpdata auth.user`, or the table `auth_user`.
  django: {
    read(values) {
      const { pk, fields, ...columns } = values;
      const own: ForeignValues = { id: pk, ...columns, ...objectIn(fields) };
      return {
        external_id: own.id,
        email: own.email,
        username: username(own.username),
        name: name(nameOf(own.first_name, own.last_name)),
        given_name: own.first_name,
        family_name: own.last_name,
        status: status(isGiven(own.is_active) && !isYes(own.is_active)),
        // `!` begins what is no password.
        password_hash: writtenIn(own.password).startsWith('!') ? null : own.password,
        created_at: own.date_joined,
        last_login_at: own.last_login,
      };
    },
  },
  // Its tables are the app's own: these are the names that Flask's guides and Flask-Security use.
  werkzeug: {
    read: (values) => ({
      external_id: values.id,
      email: values.email,
      email_verified: happened(values.confirmed_at),
      username: username(values.username),
      name: name(values.name ?? nameOf(values.first_name, values.last_name)),
      status: status([values.is_active, values.active].some((value) => isGiven(value) && !isYes(value))),
      password_hash: values.password_hash ?? values.password,
      created_at: values.created_at,
    }),
  },
};
