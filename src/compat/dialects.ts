import type { Config } from '../config/config.ts';
import { DIALECT_NAMES, DIALECT_TITLES, type DialectName } from '../lib/dialect-names.ts';
import { aiezzy } from './aiezzy/rows.ts';
import { astroBackend } from './astro-backend/rows.ts';
import { authService } from './auth-service/rows.ts';
import { type CanonicalDocument, dialectDocument } from './document.ts';
import { doztra } from './doztra/rows.ts';
import { Dialects } from './engine/router.ts';
import type { Row } from './engine/row.ts';
import { twoUserTypes } from './two-user-types/rows.ts';

/** The table of each older service. */
export const TABLES: Record<DialectName, readonly Row[]> = {
  doztra,
  'auth-service': authService,
  aiezzy,
  'astro-backend': astroBackend,
  'two-user-types': twoUserTypes,
};

/** Returns the dialects that COMPAT names; without COMPAT, all in development and none in production. */
export function spokenDialects(config: Config): readonly DialectName[] {
  return config.COMPAT ?? (config.ENVIRONMENT === 'development' ? DIALECT_NAMES : []);
}

/** How long an access token of auth_service lives, as its document says (seconds). */
const OF_AUTH_SERVICE = 3600;

/**
 * How long access tokens live where no operator chose for a realm: as clients of the one dialect that is spoken count on.
 * Null for the usual time. An hour is long for a token that only its session's end revokes, so it takes no other dialects'
 * clients with it.
 */
export function accessTokenSeconds(spoken: readonly DialectName[]): number | null {
  return spoken.length === 1 && spoken[0] === 'auth-service' ? OF_AUTH_SERVICE : null;
}

/** Creates the router for the dialects that the configuration switches on. */
export function createDialects(config: Config): Dialects {
  const spoken = spokenDialects(config);
  return new Dialects(
    spoken.flatMap((name) => TABLES[name]),
    config.ORIGIN,
    spoken,
  );
}

/** The OpenAPI documents of the dialects that the configuration switches on: `document` makes one from the canonical. */
export function dialectDocuments(config: Config) {
  const spoken = spokenDialects(config);
  return spoken.map((name) => ({
    name,
    title: DIALECT_TITLES[name],
    document: (canonical: CanonicalDocument) =>
      dialectDocument(name, TABLES[name], canonical, config.ORIGIN, new Set(spoken)),
  }));
}
