import { Buffer } from 'node:buffer';
import { toBase32 } from '../crypto/totp.ts';
import { type ForeignValues, objectIn, wordOf, writtenIn } from './values.ts';

// The credentials of Keycloak's export, each with two texts that are JSON.

/** A password in the notation of others: salt and digest stand in one JSON text, how they were made in another. Null for none. */
export function keycloakHash(credential: ForeignValues): string | null {
  const [secret, how] = [objectIn(credential.secretData), objectIn(credential.credentialData)];
  const [digest, salt] = [secret.value, secret.salt].map((one) => writtenIn(one).replace(/=+$/, ''));
  const [algorithm, times] = [wordOf(how.algorithm), writtenIn(how.hashIterations)];
  const more = (name: string) => writtenIn([objectIn(how.additionalParameters)[name]].flat()[0]);
  if (!digest || !salt) return null;
  if (algorithm !== 'argon2') return `$${algorithm}$i=${times}$${salt}$${digest}`;
  const version = more('version') === '1.0' ? 16 : 19;
  return `$argon2${more('type')}$v=${version}$m=${more('memory')},t=${times},p=${more('parallelism')}$${salt}$${digest}`;
}

/** An authenticator app as an `otpauth:` URI; its secret is text unless it is said to be base32. Null for codes that count. */
export function keycloakTotp(credential: ForeignValues): string | null {
  const [secret, how] = [objectIn(credential.secretData), objectIn(credential.credentialData)];
  const value = writtenIn(secret.value);
  if (!value || how.subType !== 'totp') return null;
  const key = wordOf(how.secretEncoding) === 'base32' ? value : toBase32(Buffer.from(value));
  const algorithm = writtenIn(how.algorithm).replace(/^Hmac/, '') || 'SHA1';
  return `otpauth://totp/Keycloak?secret=${key}&algorithm=${algorithm}&digits=${how.digits ?? 6}&period=${how.period ?? 30}`;
}
