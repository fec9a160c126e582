import type { Config } from '../config/config.ts';
import { DIALECT_TITLES, type DialectName } from '../lib/dialect-names.ts';
import { aiezzy } from './aiezzy/rows.ts';
import { astroBackend } from './astro-backend/rows.ts';
import { authService } from './auth-service/rows.ts';
import { type CanonicalDocument, dialectDocument } from './document.ts';
import { doztra } from './doztra/rows.ts';
import { Dialects } from './engine/router.ts';
import type { Row } from './engine/row.ts';
import { spokenDialects } from './spoken.ts';
import { twoUserTypes } from './two-user-types/rows.ts';

/** The table of each older service. */
export const TABLES: Record<DialectName, readonly Row[]> = {
  doztra,
  'auth-service': authService,
  aiezzy,
  'astro-backend': astroBackend,
  'two-user-types': twoUserTypes,
};

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
