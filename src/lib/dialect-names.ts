/** The older services: COMPAT names those whose clients are served, an import whose users they are. */
export const DIALECT_NAMES = ['doztra', 'auth-service', 'aiezzy', 'astro-backend', 'two-user-types'] as const;

/** Our plans by Doztra's names, where they differ. */
export const DOZTRA_PLANS: Readonly<Record<string, string>> = { basic: 'pro', professional: 'enterprise' };

export type DialectName = (typeof DIALECT_NAMES)[number];
