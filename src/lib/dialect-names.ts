/** The services whose clients Latchkey can serve, as COMPAT names them. */
export const DIALECT_NAMES = ['doztra', 'auth-service', 'aiezzy', 'astro-backend', 'two-user-types'] as const;

export type DialectName = (typeof DIALECT_NAMES)[number];
