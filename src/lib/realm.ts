import type { Jurisdiction } from './jurisdiction.ts';
import type { Language } from './language.ts';
import type { MfaPolicy } from './mfa.ts';
import type { RoleBook } from './organization-roles.ts';

/** The realm of an installation that has one: its tree begins at the root, its owners run all the others, and they share its prices. */
export const DEFAULT_REALM = 'default';

/**
 * The realm that a variable or a binding is for, by the end of its name: `__ACME_EU` is `acme-eu`, for no id of a realm has an underscore;
 * without one it is the default realm.
 */
export function realmOf(suffix: string): string {
  return suffix === '' ? DEFAULT_REALM : suffix.slice(2).toLowerCase().replaceAll('_', '-');
}

/** Hashes of passwords that are nobody's, each of another kind or cost, and how many of the realm's own are like it. */
export type Decoys = [hash: string, count: number][];

/** How clients come that no operator has registered: they register themselves (RFC 7591), or their id is the address of a document. */
export const CLIENT_REGISTRATIONS = ['dynamic', 'document'] as const;

export type ClientRegistration = (typeof CLIENT_REGISTRATIONS)[number];

/** When a realm asks somebody else before it acts, or has them act in its place. */
export const HOOK_NAMES = ['before.registration', 'before.token', 'send.mail', 'send.sms'] as const;

export type HookName = (typeof HOOK_NAMES)[number];

/** Whom a realm asks, and what is done when there is no answer that can be used. */
export interface HookSetting {
  name: HookName;
  /** Either an address or the name of a service binding. */
  url: string | null;
  binding: string | null;
  onFailure: 'allow' | 'refuse';
  /** Of `before.token`: the claim under which what it gives stands; null for the usual one. */
  namespace: string | null;
  /** What requests are signed with: sealed. */
  keys: string;
  /** Unix milliseconds. */
  updatedAt: number;
}

/** What a realm lets its users do together. */
export interface OrganizationPolicy {
  /** `open`: every user with a proven address makes them; `closed`: operators alone. */
  creation: 'open' | 'closed';
  /** In how many one user can be. */
  perUser: number;
  /** How many members one can have, where its seats do not say less. */
  members: number;
  /** Permissions by role: the realm's own roles, and what it adds to those that every realm has. */
  roles: RoleBook;
}

/** What holds where nobody has said anything else. */
export const DEFAULT_ORGANIZATIONS: OrganizationPolicy = {
  creation: 'open',
  perUser: 100,
  members: 1000,
  roles: {},
};

/** How many API keys of their own a user, and an organization, may have where nobody has said anything else. */
export const DEFAULT_OWN_KEYS = 20;

/** How the pages of a realm look, beside its colour and logo. */
export interface Appearance {
  /** Addresses of what who makes an account agrees to. */
  terms: string | null;
  privacy: string | null;
  /** Where the sign-in providers stand: before the form, or after it. */
  providers: 'above' | 'below';
  /** Stands below the title of signing in and registering, by the language of the reader. */
  welcome: Partial<Record<Language, string>>;
  /** `#rrggbb`, of the ground behind the card. */
  background: string | null;
  /** The address of a picture that covers that ground: one that was put up here. */
  picture: string | null;
}

/** What is changed of it. */
export type AppearancePatch = {
  [Part in Exclude<keyof Appearance, 'welcome'>]?: Appearance[Part] | null | undefined;
} & { welcome?: Partial<Record<Language, string | null | undefined>> | null | undefined };

/** What is said where a realm says nothing. */
const PLAIN: Appearance = {
  terms: null,
  privacy: null,
  providers: 'below',
  welcome: {},
  background: null,
  picture: null,
};

/** How the pages of a realm look, by what is kept of it; what an earlier version has kept says nothing. */
export function appearanceOf(kept: Partial<Appearance> | undefined): Appearance {
  return { ...PLAIN, ...kept };
}

/** How they look with some of it changed, as it is kept (JSON Merge Patch, RFC 7396): what is not there stays, null takes it back. */
export function withAppearance(kept: Partial<Appearance>, patch: AppearancePatch): Partial<Appearance> {
  const welcome = patch.welcome === null ? {} : set({ ...kept.welcome, ...patch.welcome });
  return set({ ...kept, ...patch, welcome });
}

/** The members of an object that are not null. */
function set(members: object): object {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** A pool of users with a policy of its own. */
export interface Realm {
  id: string;
  /** The binding of the database that it lives in. */
  database: string;
  /** Where its objects and its database are kept; null for wherever is near. */
  jurisdiction: Jurisdiction | null;
  name: string;
  /** `#rrggbb`, of mails and pages. */
  color: string;
  /** The address of a picture that pages show instead of the name. */
  logo: string | null;
  appearance: Appearance;
  issuer: string;
  /** `aud` of its access tokens. */
  audience: string;
  registration: 'open' | 'verify_first' | 'closed';
  /** Whether new passwords are looked up among those of breaches. */
  breachedPasswords: 'refused' | 'unchecked';
  /** What who became suspicious has to solve before an account is made or a message sent. */
  challenge: 'off' | 'altcha' | 'turnstile';
  /** Whether somebody may use it without registering first. What an earlier version has kept of a realm does not say. */
  anonymousUsers: 'off' | 'on';
  allowedOrigins: string[];
  /** Where a sign-in may lead back to, besides Latchkey's own pages. */
  redirectTargets: string[];
  /** What identifiers without a password are verified against. */
  decoys: Decoys;
  accessTokenSeconds: number;
  /** A refresh token that was used gives the current pair for this long. */
  refreshGraceSeconds: number;
  lifetimes: { idleSeconds: number; absoluteSeconds: number };
  /** What it wants of second factors. */
  mfa: MfaPolicy;
  /** How clients come that no operator has registered. What an earlier version has kept does not say. */
  clientRegistration?: ClientRegistration[];
  /** Who makes organizations, how large they get, and what roles of its own may. What an earlier version has kept does not say. */
  organizations?: OrganizationPolicy;
  /** How many API keys of their own a user, and an organization, may have. What an earlier version has kept does not say. */
  ownApiKeys?: number;
  /** Whom it asks. What an earlier version has kept does not say. */
  hooks?: HookSetting[];
  /** How old a proof of who the user is may be where a fresh one is needed, and for acts of operators. */
  reauthentication: { seconds: number; operatorSeconds: number };
}

/** The issuer of a realm: the base of its tokens, its API and its pages. */
export function issuerOf(origin: string, realmId: string): string {
  return realmId === DEFAULT_REALM ? origin : `${origin}/realms/${realmId}`;
}
