import { z } from 'zod';
import {
  ConfigError,
  type DocumentedVariable,
  documentVariables,
  type Environment,
  parseAll,
  parseVariables,
  variable,
} from '../config/variable.ts';
import { realmOf } from '../lib/realm.ts';
import type { OAuthProvider, ProviderVariables } from './port.ts';
import { endpoint } from './provider-variables.ts';
import { oidc } from './providers/oidc.ts';

const OIDC_ID = /^[a-z0-9][a-z0-9-]{0,39}$/;
const another = variable({ schema: endpoint.optional(), doc: 'In place of the one of the provider.' });

/** What any provider can be given, in force in every realm unless a realm has its own. */
const OVERRIDES = {
  ISSUER: another,
  AUTHORIZATION_ENDPOINT: another,
  TOKEN_ENDPOINT: another,
  USERINFO_ENDPOINT: another,
  JWKS_URI: another,
  NAME: variable({ schema: z.string().optional(), doc: 'What users see.' }),
};
/** The callback URL that is registered at the provider, for the realm whose credentials these are, and what it asks for more. */
const OWN = {
  REDIRECT_URI: another,
  SCOPES: variable({ schema: z.string().optional(), doc: 'What is asked for besides what a sign-in needs.' }),
};

/** A provider that is switched on in a realm. */
export interface ProviderSettings {
  id: string;
  realmId: string;
  /** Null where the endpoints of an OpenID Connect issuer come by discovery. */
  provider: OAuthProvider | null;
  /** Its variables, without prefix and suffix. */
  values: Readonly<Record<string, string | undefined>>;
}

/** The providers that variables switch on, realm by realm, in the order of the list. Throws ConfigError. */
export function parseProviders(providers: readonly OAuthProvider[], env: Environment): ProviderSettings[] {
  const parts = suffixes(providers, env).flatMap((suffix) => [
    ...providers
      .filter(({ id, variables }) => Object.keys(variables).some((name) => env[prefixOf(id) + name + suffix]))
      .map((provider) => () => [
        settingsOf(env, { id: provider.id, provider }, prefixOf(provider.id), suffix),
      ]),
    () => parseIssuers(providers, env, suffix),
  ]);
  return parseAll(...parts).flat();
}

/** The issuers that `OIDC_PROVIDERS` names for a realm. */
function parseIssuers(
  providers: readonly OAuthProvider[],
  env: Environment,
  suffix: string,
): ProviderSettings[] {
  const list = String(env[`OIDC_PROVIDERS${suffix}`] ?? '');
  const ids = list.split(',').flatMap((part) => part.trim() || []);
  return parseAll(
    ...ids.map((id) => () => {
      if (OIDC_ID.test(id) && !providers.some((known) => known.id === id)) {
        return settingsOf(env, { id, provider: null }, `OIDC_${prefixOf(id)}`, suffix);
      }
      throw new ConfigError([
        `OIDC_PROVIDERS${suffix} must list ids of a-z, 0-9 and "-" that no other provider has`,
      ]);
    }),
  );
}

function settingsOf(
  env: Environment,
  { id, provider }: Pick<ProviderSettings, 'id' | 'provider'>,
  prefix: string,
  suffix: string,
): ProviderSettings {
  const required = provider?.variables ?? oidc.variables;
  const isShared = (name: string) => name in OVERRIDES && !(name in required);
  const values = parseVariables(
    env,
    { ...OVERRIDES, ...OWN, ...required },
    {
      nameOf(name) {
        const own = prefix + name + suffix;
        return isShared(name) && !env[own] ? prefix + name : own;
      },
      because: `${id} is switched on`,
    },
  );
  return { id, realmId: realmOf(suffix), provider, values };
}

/** The rows of the documentation: each provider's variables, and what holds for all of them. */
export function documentProviders(providers: readonly OAuthProvider[]): DocumentedVariable[] {
  const rows = (prefix: string, variables: ProviderVariables) =>
    documentVariables(variables).map((row) => ({
      ...row,
      name: prefix + row.name,
      unlessSet: row.unlessSet.replace('required', 'unset'),
    }));
  const shared = (name: string, doc: string) => ({ name, unlessSet: 'unset', doc });
  return [
    ...providers.flatMap(({ id, name, doc, variables }) =>
      rows(prefixOf(id), variables).map((row, index, [first]) => ({
        ...row,
        doc:
          index === 0
            ? `Switches on sign-in with ${name}: ${row.doc} ${doc}`
            : `With \`${first?.name}\`: ${row.doc}`,
      })),
    ),
    shared('OIDC_PROVIDERS', 'Ids of further OpenID Connect issuers, such as `acme-sso,other`.'),
    ...rows('OIDC_ACME_SSO_', oidc.variables).map((row) => ({ ...row, doc: `For \`acme-sso\`: ${row.doc}` })),
    shared('OIDC_ACME_SSO_NAME', 'For `acme-sso`: the name that users see. The id unless set.'),
    shared(
      'GOOGLE_CLIENT_ID__ACME',
      'Each variable of a provider with `__ACME` at its end is for the realm `acme`. No realm uses the credentials of another.',
    ),
    shared(
      'GOOGLE_ISSUER',
      'For any provider in place of `GOOGLE`: another issuer. `GOOGLE_AUTHORIZATION_ENDPOINT`, `GOOGLE_TOKEN_ENDPOINT`, `GOOGLE_USERINFO_ENDPOINT` and `GOOGLE_JWKS_URI` likewise (a self-hosted GitLab, a single Microsoft tenant, an emulator). In force in every realm.',
    ),
    shared(
      'GOOGLE_SCOPES',
      'For any provider: scopes that are asked for besides those that a sign-in needs, with blanks between them, as in `https://www.googleapis.com/auth/calendar.readonly`; for services that take [tokens of providers](social-sign-in.md#tokens-of-providers).',
    ),
    shared(
      'GOOGLE_REDIRECT_URI',
      'For any provider: the callback URL that is registered there, if that of an older service shall stay, as in `https://auth.example.com/api/oauth/callback/google` (dialect `aiezzy`).',
    ),
  ];
}

/** `acme-sso` has variables that begin with `ACME_SSO_`. */
function prefixOf(id: string): string {
  return `${id.toUpperCase().replaceAll('-', '_')}_`;
}

/** For each realm that has variables of its own, the end of their names; that of the default realm is empty. */
function suffixes(providers: readonly OAuthProvider[], env: Environment): string[] {
  const prefixes = [...providers.map(({ id }) => prefixOf(id)), 'OIDC_'].join('|');
  const form = new RegExp(`^(?:${prefixes})[A-Z0-9_]+?(__[A-Z0-9][A-Z0-9_]*)$`);
  return [...new Set(['', ...Object.keys(env).flatMap((name) => form.exec(name)?.[1] ?? [])])];
}
