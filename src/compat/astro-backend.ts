import type { Row } from './dialect.ts';

/** The endpoints of astro-backend. */
export const astroBackend: readonly Row[] = [];
