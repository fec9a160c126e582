/** A documented variable of a sign-in provider: the row it gets in the README. */
interface ProviderVariable {
  name: string;
  secret?: true;
  doc: string;
}

/** Providers that are known by name, and what each is switched on by. */
const CREDENTIALS: Record<string, string[]> = {
  google: ['CLIENT_ID', 'CLIENT_SECRET'],
  github: ['CLIENT_ID', 'CLIENT_SECRET'],
  microsoft: ['CLIENT_ID', 'CLIENT_SECRET'],
  apple: ['CLIENT_ID', 'TEAM_ID', 'KEY_ID', 'PRIVATE_KEY'],
  discord: ['CLIENT_ID', 'CLIENT_SECRET'],
  gitlab: ['CLIENT_ID', 'CLIENT_SECRET'],
};
/** The same for an issuer that `OIDC_PROVIDERS` names. */
const OIDC_CREDENTIALS = ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'];
const ENDPOINTS = ['ISSUER', 'AUTHORIZATION_ENDPOINT', 'TOKEN_ENDPOINT', 'USERINFO_ENDPOINT', 'JWKS_URI'];
/** What the provider sends browsers back to, in the realm whose credentials these are. */
const REDIRECT = 'REDIRECT_URI';
const OIDC_ID = /^[a-z0-9][a-z0-9-]{0,39}$/;

const credential = (name: string, doc: string, secret?: true): ProviderVariable => ({
  name,
  doc,
  ...(secret && { secret }),
});
const pair = (prefix: string, doc: string): ProviderVariable[] => [
  credential(`${prefix}_CLIENT_ID`, doc),
  credential(`${prefix}_CLIENT_SECRET`, `With \`${prefix}_CLIENT_ID\`.`, true),
];

/** The variables of sign-in providers, in the order of the README's table. Each is optional. */
export const PROVIDER_VARIABLES: ProviderVariable[] = [
  ...pair(
    'GOOGLE',
    'Switches on sign-in with Google. With `__ACME` at its end this, like every variable of a provider, is for the realm `acme`; no realm uses the credentials of another.',
  ),
  ...pair('GITHUB', 'The same with GitHub.'),
  ...pair('MICROSOFT', 'The same with Microsoft.'),
  credential('APPLE_CLIENT_ID', 'The same with Apple: the identifier of the Services ID.'),
  credential('APPLE_TEAM_ID', 'With `APPLE_CLIENT_ID`.'),
  credential('APPLE_KEY_ID', 'With `APPLE_CLIENT_ID`: the id of the private key.'),
  credential(
    'APPLE_PRIVATE_KEY',
    'With `APPLE_CLIENT_ID`: the PEM of the `.p8` file; `\\n` may stand for its line ends.',
    true,
  ),
  ...pair('DISCORD', 'The same with Discord.'),
  ...pair('GITLAB', 'The same with GitLab.'),
  credential(
    'OIDC_PROVIDERS',
    'Ids of further OpenID Connect issuers, such as `acme-sso,other`. What follows is for `acme-sso`.',
  ),
  credential(
    'OIDC_ACME_SSO_ISSUER',
    'Its issuer; the endpoints are read from its `/.well-known/openid-configuration`.',
  ),
  ...pair('OIDC_ACME_SSO', 'What it knows Latchkey by.'),
  credential('OIDC_ACME_SSO_NAME', 'What users see. The id unless set.'),
  credential(
    'GOOGLE_ISSUER',
    'For any provider in place of `GOOGLE`: another issuer, and likewise `GOOGLE_AUTHORIZATION_ENDPOINT`, `GOOGLE_TOKEN_ENDPOINT`, `GOOGLE_USERINFO_ENDPOINT` and `GOOGLE_JWKS_URI` (a self-hosted GitLab, a single Microsoft tenant, an emulator). In force in every realm.',
  ),
  credential(
    'GOOGLE_REDIRECT_URI',
    'For any provider: the callback URL that is registered there, where that of an older service shall stay, as in `https://auth.example.com/api/oauth/callback/google` (dialect `aiezzy`).',
  ),
];

/** A provider that is switched on in a realm, and the variables that say how, without prefix and suffix. */
export interface ProviderSettings {
  id: string;
  realmId: string;
  /** A provider known by name, or any OpenID Connect issuer. */
  kind: 'known' | 'oidc';
  values: Readonly<Record<string, string>>;
}

/** The providers that variables switch on, realm by realm, and what is wrong with the variables. Shows no value. */
export function parseProviders(env: Record<string, unknown>): {
  providers: ProviderSettings[];
  problems: string[];
} {
  const providers: ProviderSettings[] = [];
  const problems: string[] = [];
  const read = (name: string) => (typeof env[name] === 'string' && env[name] !== '' ? env[name] : undefined);

  const add = (id: string, kind: ProviderSettings['kind'], prefix: string, suffix: string) => {
    const needed = kind === 'oidc' ? OIDC_CREDENTIALS : (CREDENTIALS[id] as string[]);
    const missing = needed.filter((name) => !read(`${prefix}_${name}${suffix}`));
    if (kind === 'known' && missing.length === needed.length) return;
    for (const name of missing) problems.push(`${prefix}_${name}${suffix} is missing (${id} is switched on)`);
    const values: Record<string, string> = {};
    const ownOnly = [...needed, REDIRECT];
    for (const name of [...ENDPOINTS, ...ownOnly, 'NAME']) {
      const value =
        read(`${prefix}_${name}${suffix}`) ??
        (ownOnly.includes(name) ? undefined : read(`${prefix}_${name}`));
      if (value === undefined) continue;
      if ([...ENDPOINTS, REDIRECT].includes(name) && !isEndpoint(value)) {
        problems.push(`${prefix}_${name} must be an https URL (plain http is for localhost only)`);
      }
      if (name === 'PRIVATE_KEY' && !value.includes('-----BEGIN PRIVATE KEY-----')) {
        problems.push(`${prefix}_${name}${suffix} must be a private key in PEM (PKCS #8)`);
      }
      values[name] = value;
    }
    providers.push({ id, kind, realmId: realmOf(suffix), values });
  };

  for (const suffix of suffixes(env)) {
    for (const id of Object.keys(CREDENTIALS)) add(id, 'known', id.toUpperCase(), suffix);
    for (const id of (read(`OIDC_PROVIDERS${suffix}`) ?? '').split(',').map((part) => part.trim())) {
      if (id === '') continue;
      if (!OIDC_ID.test(id) || id in CREDENTIALS) {
        problems.push(`OIDC_PROVIDERS${suffix} must list ids of a-z, 0-9 and "-" that no other provider has`);
      } else add(id, 'oidc', `OIDC_${id.toUpperCase().replaceAll('-', '_')}`, suffix);
    }
  }
  return { providers, problems };
}

/** For each realm that has variables of its own, what their names end in; the default realm's is empty. */
function suffixes(env: Record<string, unknown>): Set<string> {
  const prefixes = [...Object.keys(CREDENTIALS), 'oidc'].map((id) => id.toUpperCase()).join('|');
  const form = new RegExp(`^(?:${prefixes})_[A-Z0-9_]+?(__[A-Z0-9][A-Z0-9_]*)$`);
  return new Set(['', ...Object.keys(env).flatMap((name) => form.exec(name)?.[1] ?? [])]);
}

/** `__ACME_EU` is the realm `acme-eu`: no id of a realm has an underscore. */
function realmOf(suffix: string): string {
  return suffix === '' ? 'default' : suffix.slice(2).toLowerCase().replaceAll('_', '-');
}

function isEndpoint(value: string): boolean {
  const url = URL.parse(value.replace('{tenantid}', 'tenant'));
  return (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname))
  );
}
