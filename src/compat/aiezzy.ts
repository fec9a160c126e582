import type { Row } from './dialect.ts';

/** The endpoints of aiezzy. */
export const aiezzy: readonly Row[] = [];
