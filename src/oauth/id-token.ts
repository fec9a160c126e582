import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { equalsInConstantTime } from '../crypto/keys.ts';
import type { Claims } from './port.ts';
import { ProviderFailure } from './provider-failure.ts';

/** Signatures that only the provider can make: `none` and those by a shared secret are not among them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Seconds by which clocks may differ. */
const CLOCK_SKEW = 30;

/**
 * The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7): its signature, issuer, audience, expiry and nonce hold.
 * Throws ProviderFailure `provider_rejected`.
 */
export async function verifyIdToken(
  idToken: string,
  expected: { keys: JWTVerifyGetKey; issuer: string; clientId: string; nonce: string },
): Promise<Claims> {
  const { keys, issuer, clientId, nonce } = expected;
  const claims = await verified(idToken, keys, clientId);
  const tenantIssuer = issuer.replace('{tenantid}', String(claims.tid));
  if (claims.iss !== tenantIssuer) throw rejected('iss');
  if (typeof claims.nonce !== 'string' || !equalsInConstantTime(claims.nonce, nonce)) throw rejected('nonce');
  const isForMany = Array.isArray(claims.aud) && claims.aud.length > 1;
  if ((isForMany || claims.azp !== undefined) && claims.azp !== clientId) throw rejected('azp');
  return claims;
}

async function verified(idToken: string, keys: JWTVerifyGetKey, clientId: string): Promise<Claims> {
  try {
    const { payload } = await jwtVerify(idToken, keys, {
      algorithms: ALGORITHMS,
      audience: clientId,
      requiredClaims: ['iss', 'sub', 'exp', 'iat'],
      clockTolerance: CLOCK_SKEW,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw rejected(error.code);
    throw error;
  }
}

function rejected(reason: string): ProviderFailure {
  return new ProviderFailure('provider_rejected', `ID token: ${reason}`);
}
