import { z } from 'zod';
import { LANGUAGES } from '../lib/language.ts';
import { type Appearance, withAppearance } from '../lib/realm.ts';
import {
  ACCESS_TOKEN_SECONDS,
  AppearanceFields,
  REAUTHENTICATION_SECONDS,
  REFRESH_GRACE_SECONDS,
  RealmFields,
  SESSION_SECONDS,
} from '../realms/schemas.ts';
import { DATABASE, SERVICE, type ValuesOf } from './command.ts';
import type { D1Row } from './d1.ts';

// The options of `npm run realm`: what each is called, what it takes, and the column that it sets.

const list = (item: z.ZodType<string>) =>
  z.preprocess(
    (values) => (values as string[]).filter(Boolean),
    z.array(item).transform((items) => JSON.stringify(items)),
  );

const seconds = ({ min, max }: { min: number; max: number }) => z.coerce.number().int().min(min).max(max);

/** The empty value takes back what was set. */
const orNothing = (schema: z.ZodType<string | null>) =>
  z
    .literal('')
    .transform(() => null)
    .or(schema);

interface Field {
  column: string;
  schema: z.ZodType<string | number | null>;
}

/** The options that say how pages look: each sets the part of that name. An empty value takes it back. */
const APPEARANCE: Record<string, z.ZodType<string | null>> = {
  terms: orNothing(AppearanceFields.terms),
  privacy: orNothing(AppearanceFields.privacy),
  providers: orNothing(AppearanceFields.providers),
  background: orNothing(AppearanceFields.background),
};

/** Lists that options add to or take from. */
export const ORIGIN_LIST = { column: 'allowed_origins', item: RealmFields.origin } as const;
export const REDIRECT_LIST = { column: 'redirect_targets', item: RealmFields.redirect } as const;

/** One for each option that sets a column: which, and what that takes. */
export const REALM_FIELDS: Record<string, Field> = {
  name: { column: 'name', schema: RealmFields.name },
  color: { column: 'color', schema: RealmFields.color },
  logo: { column: 'logo', schema: orNothing(RealmFields.logo) },
  registration: { column: 'registration', schema: RealmFields.registration },
  'breached-passwords': { column: 'breached_passwords', schema: RealmFields.breachedPasswords },
  challenge: { column: 'challenge', schema: RealmFields.challenge },
  'anonymous-users': { column: 'anonymous_users', schema: RealmFields.anonymousUsers },
  origin: { column: ORIGIN_LIST.column, schema: list(ORIGIN_LIST.item) },
  redirect: { column: REDIRECT_LIST.column, schema: list(REDIRECT_LIST.item) },
  audience: { column: 'audience', schema: orNothing(z.url()) },
  'access-token-seconds': { column: 'access_token_seconds', schema: seconds(ACCESS_TOKEN_SECONDS) },
  'session-idle-seconds': { column: 'session_idle_seconds', schema: seconds(SESSION_SECONDS) },
  'session-absolute-seconds': { column: 'session_absolute_seconds', schema: seconds(SESSION_SECONDS) },
  'reauthentication-seconds': {
    column: 'reauthentication_seconds',
    schema: seconds(REAUTHENTICATION_SECONDS),
  },
  'operator-reauthentication-seconds': {
    column: 'operator_reauthentication_seconds',
    schema: seconds(REAUTHENTICATION_SECONDS),
  },
  'refresh-grace-seconds': { column: 'refresh_grace_seconds', schema: seconds(REFRESH_GRACE_SECONDS) },
  mfa: { column: 'mfa', schema: orNothing(RealmFields.mfa) },
  'mfa-factor': { column: 'mfa_factors', schema: list(RealmFields.mfaFactor) },
  'mfa-from': {
    column: 'mfa_from',
    schema: z
      .literal('')
      .transform(() => null)
      .or(
        z.iso
          .datetime()
          .or(z.iso.date())
          .transform((text) => Date.parse(text)),
      ),
  },
  'mfa-remember-device': {
    column: 'mfa_remember_device',
    schema: z.enum(['yes', 'no']).transform((text) => (text === 'yes' ? 1 : 0)),
  },
  'client-registration': {
    column: 'client_registration',
    schema: list(RealmFields.clientRegistration),
  },
  organizations: { column: 'organizations', schema: RealmFields.organizations },
  'organizations-per-user': {
    column: 'organizations_per_user',
    schema: z.coerce.number().pipe(RealmFields.organizationsPerUser),
  },
  'members-per-organization': {
    column: 'members_per_organization',
    schema: z.coerce.number().pipe(RealmFields.membersPerOrganization),
  },
  'own-api-keys': { column: 'own_api_keys', schema: z.coerce.number().pipe(RealmFields.ownApiKeys) },
  'organization-role': {
    column: 'organization_roles',
    schema: z.preprocess(
      (values) =>
        Object.fromEntries(
          (values as string[]).filter(Boolean).map((value) => {
            const [role = '', permissions = ''] = value.split('=', 2);
            return [role, permissions.split(',').filter(Boolean)];
          }),
        ),
      RealmFields.organizationRoles.transform((roles) => JSON.stringify(roles)),
    ),
  },
};

/** What adds to a list, or takes from it. */
export const REALM_CHANGES: Record<string, { column: string; item: z.ZodType<string>; adds: boolean }> = {
  'add-origin': { ...ORIGIN_LIST, adds: true },
  'remove-origin': { ...ORIGIN_LIST, adds: false },
  'add-redirect': { ...REDIRECT_LIST, adds: true },
  'remove-redirect': { ...REDIRECT_LIST, adds: false },
};

/** Every option that changes a realm. */
export const REALM_SETTINGS = [
  ...Object.keys(REALM_FIELDS),
  ...Object.keys(REALM_CHANGES),
  ...Object.keys(APPEARANCE),
  'welcome',
];

const secondsAbout = ({ min, max }: { min: number; max: number }, about: string) =>
  ({ type: 'string', value: 'N', about: `${about}; ${min} to ${max}` }) as const;
const several = (value: string, about: string) => ({ type: 'string', multiple: true, value, about }) as const;

/** Of `npm run realm`. */
export const REALM_OPTIONS = {
  name: { type: 'string', value: 'TEXT', about: 'what users see' },
  color: { type: 'string', value: '#RRGGBB', about: 'of mails and pages' },
  logo: { type: 'string', value: 'URL', about: 'a picture that pages show instead of the name (https)' },
  terms: { type: 'string', value: 'URL', about: 'what who registers agrees to (https)' },
  privacy: { type: 'string', value: 'URL', about: 'the privacy policy (https)' },
  providers: { type: 'string', value: 'WHERE', about: 'buttons of providers: above or below the form' },
  welcome: several('LANGUAGE=TEXT', 'what stands below the title of signing in, such as en="Hello"'),
  background: { type: 'string', value: '#RRGGBB', about: 'the colour of the ground behind the card' },
  registration: { type: 'string', value: 'KIND', about: 'open, verify_first or closed' },
  'breached-passwords': {
    type: 'string',
    value: 'HOW',
    about: 'new ones that breaches have published: refused or unchecked',
  },
  challenge: { type: 'string', value: 'KIND', about: 'for who became suspicious: off, altcha or turnstile' },
  'anonymous-users': {
    type: 'string',
    value: 'WHETHER',
    about: 'whether somebody may use it without registering first: off or on',
  },
  origin: several('ORIGIN', 'the web apps that may call from browsers, instead of those that may now'),
  'add-origin': several('ORIGIN', 'one more'),
  'remove-origin': several('ORIGIN', 'one less'),
  redirect: several('URL', 'where a sign-in may lead back to, instead of where it may now'),
  'add-redirect': several('URL', 'one more'),
  'remove-redirect': several('URL', 'one less'),
  audience: { type: 'string', value: 'URL', about: '`aud` of access tokens, when not the issuer' },
  'access-token-seconds': secondsAbout(ACCESS_TOKEN_SECONDS, 'how long access tokens live'),
  'session-idle-seconds': secondsAbout(SESSION_SECONDS, 'how long a session lives unused'),
  'session-absolute-seconds': secondsAbout(SESSION_SECONDS, 'how long a session lives'),
  'reauthentication-seconds': secondsAbout(
    REAUTHENTICATION_SECONDS,
    'how fresh a sign-in of users has to be',
  ),
  'operator-reauthentication-seconds': secondsAbout(REAUTHENTICATION_SECONDS, 'the same of operators'),
  'refresh-grace-seconds': secondsAbout(REFRESH_GRACE_SECONDS, 'how long a used refresh token answers again'),
  database: {
    type: 'string',
    value: 'NAME',
    about: 'create, move: the binding of the database that it lives in, such as DB_2',
  },
  jurisdiction: {
    type: 'string',
    value: 'PLACE',
    about: 'create: eu or fedramp; where its data is kept, for good',
  },
  confirm: { type: 'boolean', about: 'move: have the copy in the old database deleted' },
  back: { type: 'boolean', about: 'move: take it back, until it is confirmed' },
  url: { ...SERVICE.url, about: `move: ${SERVICE.url.about}` },
  mfa: {
    type: 'string',
    value: 'KIND',
    about: 'off, optional, required or required_for_admins; an empty value is the default',
  },
  'mfa-factor': several('FACTOR', 'what counts: totp, passkey, email, sms'),
  'mfa-from': { type: 'string', value: 'DATE', about: 'from when on a factor is required' },
  'mfa-remember-device': {
    type: 'string',
    value: 'yes|no',
    about: 'whether a device is not asked for 30 days',
  },
  'client-registration': several(
    'HOW',
    'how apps come that nobody has registered: dynamic, document; an empty value is not at all',
  ),
  organizations: {
    type: 'string',
    value: 'WHO',
    about: 'who makes organizations: open (users) or closed (operators)',
  },
  'organizations-per-user': { type: 'string', value: 'N', about: 'in how many one user can be; 1 to 500' },
  'members-per-organization': {
    type: 'string',
    value: 'N',
    about: 'how many members one can have; 1 to 10000',
  },
  'organization-role': several(
    'ROLE=A,B',
    'what a role may, such as editor=articles:read,articles:write, instead of all roles of the realm before',
  ),
  ...DATABASE,
} as const;

/** What was typed. */
export type RealmValues = ValuesOf<typeof REALM_OPTIONS>;

/** The columns that options set, beside what the realm has. Throws for a value that its column does not take. */
export function columnsSetBy(values: RealmValues, has: D1Row): D1Row {
  const given = values as Record<string, unknown>;
  const set: D1Row = {};
  for (const [flag, { column, schema }] of Object.entries(REALM_FIELDS)) {
    if (given[flag] !== undefined) set[column] = readAs(`--${flag}`, schema, given[flag]);
  }
  for (const [flag, { column, item, adds }] of Object.entries(REALM_CHANGES)) {
    const items = ((given[flag] ?? []) as string[]).map((value) =>
      adds ? readAs(`--${flag}`, item, value) : value,
    );
    if (items.length === 0) continue;
    const present = listedIn({ ...has, ...set }, column);
    const absent = items.find((value) => !present.includes(value));
    if (!adds && absent !== undefined) throw new Error(`--${flag}: the realm does not have ${absent}`);
    const rest = present.filter((value) => !items.includes(value));
    set[column] = JSON.stringify(adds ? [...rest, ...items] : rest);
  }
  const looks = appearanceSetBy(given, JSON.parse(String(has.appearance ?? '{}')));
  return looks ? { ...set, appearance: JSON.stringify(looks) } : set;
}

/** How pages look with what was typed; null where nothing was. */
function appearanceSetBy(given: Record<string, unknown>, has: Partial<Appearance>) {
  const said = Object.entries(APPEARANCE).filter(([flag]) => given[flag] !== undefined);
  const welcomes = (given.welcome ?? []) as string[];
  if (said.length + welcomes.length === 0) return null;
  const set = said.map(([flag, schema]) => [flag, readAs(`--${flag}`, schema, given[flag])]);
  const welcome = welcomes.map((value) => {
    const [language = '', ...text] = value.split('=');
    readAs('--welcome', z.enum(LANGUAGES), language);
    return [language, readAs('--welcome', orNothing(AppearanceFields.welcome), text.join('='))];
  });
  return withAppearance(has, {
    ...Object.fromEntries(set),
    ...(welcomes.length > 0 && { welcome: Object.fromEntries(welcome) }),
  });
}

/** The entries of a column that is a list. */
export function listedIn(row: D1Row, column: string): string[] {
  return JSON.parse(String(row[column] ?? '[]'));
}

/** What a value is read as. Throws with `what`, and what is wrong with it. */
export function readAs<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`${what}: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}
