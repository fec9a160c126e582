/** The older services: COMPAT names those whose clients are served, an import whose users they are. */
export const DIALECT_NAMES = ['doztra', 'auth-service', 'aiezzy', 'astro-backend', 'two-user-types'] as const;

export type DialectName = (typeof DIALECT_NAMES)[number];
