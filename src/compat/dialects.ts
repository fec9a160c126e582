import type { Config } from '../env.ts';
import { DIALECT_NAMES, type DialectName } from '../lib/dialect-names.ts';
import { aiezzy } from './aiezzy.ts';
import { astroBackend } from './astro-backend.ts';
import { authService } from './auth-service.ts';
import type { Row } from './dialect.ts';
import { doztra } from './doztra.ts';
import { Dialects } from './engine.ts';
import { twoUserTypes } from './two-user-types.ts';

/** The table of each older service. */
export const TABLES: Record<DialectName, readonly Row[]> = {
  doztra,
  'auth-service': authService,
  aiezzy,
  'astro-backend': astroBackend,
  'two-user-types': twoUserTypes,
};

/** The dialects that are spoken: those that COMPAT names; without it all in development, none in production. */
export function spokenDialects(config: Config): readonly DialectName[] {
  return config.COMPAT ?? (config.ENVIRONMENT === 'development' ? DIALECT_NAMES : []);
}

/** The dialects that the configuration switches on. */
export function createDialects(config: Config): Dialects {
  return new Dialects(
    spokenDialects(config).flatMap((name) => TABLES[name]),
    config.ORIGIN,
  );
}
