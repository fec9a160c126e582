import type { Row } from './dialect.ts';

/** The endpoints of two-user-types. */
export const twoUserTypes: readonly Row[] = [];
