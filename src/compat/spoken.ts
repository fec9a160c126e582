import type { Config } from '../config/config.ts';
import { DIALECT_NAMES, type DialectName } from '../lib/dialect-names.ts';

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

const CANONICAL = /^\/(v1|realms|\.well-known|avatars)\//;

/** Whether a path is of the canonical interface alone: no older service had one like it. */
export function isCanonical(path: string): boolean {
  return CANONICAL.test(path);
}
