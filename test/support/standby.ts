import { Standby } from '../../src/db/standby.ts';

/** Keeps no copy. */
export const NO_STANDBY = new Standby(() => ({ get: async () => null, put: async () => {} }));
