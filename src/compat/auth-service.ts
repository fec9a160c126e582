import type { Row } from './dialect.ts';

/** The endpoints of auth-service. */
export const authService: readonly Row[] = [];
