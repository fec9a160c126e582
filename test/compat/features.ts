import type { DialectName } from '../../src/lib/dialect-names.ts';
import { aiezzy } from './features/aiezzy.ts';
import { astroBackend } from './features/astro-backend.ts';
import { authService } from './features/auth-service.ts';
import { doztra } from './features/doztra.ts';
import type { Features } from './features/feature.ts';
import { twoUserTypes } from './features/two-user-types.ts';

/** The features of each older service, by what documents.json says of them. */
export const FEATURES: Record<DialectName, Features> = {
  doztra,
  'auth-service': authService,
  aiezzy,
  'astro-backend': astroBackend,
  'two-user-types': twoUserTypes,
};
