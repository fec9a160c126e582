import type { Row } from './dialect.ts';

/** The endpoints of doztra. */
export const doztra: readonly Row[] = [];
