/** The older services: COMPAT names those whose clients are served, an import whose users they are. */
export const DIALECT_NAMES = ['doztra', 'auth-service', 'aiezzy', 'astro-backend', 'two-user-types'] as const;

/** Our plans by Doztra's names, where they differ. */
export const DOZTRA_PLANS: Readonly<Record<string, string>> = { basic: 'pro', professional: 'enterprise' };

/** What the older services call themselves. */
export const DIALECT_TITLES: Readonly<Record<DialectName, string>> = {
  doztra: 'Doztra',
  'auth-service': 'auth_service',
  aiezzy: 'AIezzy',
  'astro-backend': 'Astro backend',
  'two-user-types': 'two-user-types',
};

export type DialectName = (typeof DIALECT_NAMES)[number];
