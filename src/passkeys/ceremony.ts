import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { z } from 'zod';
import { ApiError } from '../errors.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { lazy } from '../lib/lazy.ts';
import type { Realm } from '../lib/realm.ts';
import { isOriginOf } from '../lib/realm-origin.ts';
import { MINUTE } from '../lib/time.ts';
import type { CreatedPasskey } from './schemas.ts';
import type { PasskeyRow } from './tables.ts';

/** How long a user has to answer the prompt of the browser (milliseconds); in the field of a page it may wait so long. */
export const CEREMONY = 10 * MINUTE;

/** ES256, EdDSA and RS256 (RFC 9053): what authenticators have, the best first. */
const ALGORITHMS = [-7, -8, -257];

const library = lazy(async () => {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...server, helpers };
});

/** To whom passkeys belong: one host has all realms, whose passkeys differ by the id of the user. */
export function relyingPartyId(realm: Realm): string {
  return new URL(realm.issuer).hostname;
}

/** Whose name it is (WebAuthn 3, 5.4.3): bytes that say nothing to those who do not know the id. */
export function userHandleOf(userId: string): string {
  return Buffer.from(userId).toString('base64url');
}

/** 256 random bits, base64url. */
export function newChallenge(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** A passkey as options name it. */
function descriptorOf({ credentialId, transports }: PasskeyRow) {
  return { type: 'public-key' as const, id: credentialId, transports };
}

/**
 * What a browser needs to make a passkey (`PublicKeyCredentialCreationOptionsJSON`); those that are there make no second one. A browser
 * that shall make it `unasked` can verify nobody, and refuses where that is required (WebAuthn 3, 5.1.3).
 */
export function creationOptions(
  realm: Realm,
  user: { id: string; email: string; name: string | null },
  challenge: string,
  known: PasskeyRow[],
  { unasked = false } = {},
) {
  // What the keeper of the passkey calls the account.
  const name = isPlaceholder(user.email) ? (user.name ?? realm.name) : user.email;
  return {
    rp: { id: relyingPartyId(realm), name: realm.name },
    user: { id: userHandleOf(user.id), name, displayName: user.name ?? name },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key' as const, alg })),
    timeout: CEREMONY,
    excludeCredentials: known.map(descriptorOf),
    authenticatorSelection: {
      residentKey: 'required' as const,
      requireResidentKey: true,
      userVerification: unasked ? ('preferred' as const) : ('required' as const),
    },
    attestation: 'none' as const,
  };
}

/** What a browser needs to use a passkey (`PublicKeyCredentialRequestOptionsJSON`): one of those, or any of the realm. */
export function requestOptions(realm: Realm, challenge: string, known: PasskeyRow[] = []) {
  return {
    rpId: relyingPartyId(realm),
    challenge,
    timeout: CEREMONY,
    userVerification: 'required' as const,
    allowCredentials: known.map(descriptorOf),
  };
}

/** Which passkeys of a user there are, for keepers that have more (`AllAcceptedCredentialsOptions`). */
export function acceptedCredentials(realm: Realm, userId: string, known: PasskeyRow[]) {
  return {
    rpId: relyingPartyId(realm),
    userId: userHandleOf(userId),
    allAcceptedCredentialIds: known.map(({ credentialId }) => credentialId),
  };
}

/** What a new passkey is, as its authenticator says. */
export type NewPasskey = Pick<
  PasskeyRow,
  'credentialId' | 'publicKey' | 'counter' | 'aaguid' | 'backupEligible' | 'backedUp' | 'uvInitialized'
>;

/**
 * What the use of a passkey proves (RFC 8176): a key, kept by hardware or copied about, and a user who was verified there. The latter
 * only of one whose maker was verified, or who has confirmed it (WebAuthn 3, 4: `uvInitialized`): who verifies the users of any other
 * nobody has found out, so that it is one factor, whatever it says of itself.
 */
export function methodsOf({
  backupEligible,
  uvInitialized,
}: Pick<PasskeyRow, 'backupEligible' | 'uvInitialized'>): string[] {
  return [backupEligible ? 'swk' : 'hwk', ...(uvInitialized ? ['user', 'mfa'] : [])];
}

/**
 * A passkey that was just made for that challenge, at our origin or one of the realm's. Throws `invalid_passkey`: also for an
 * attestation by anybody else than the passkey itself, which was not asked for and would have us look certificates up. Of one that was
 * made `unasked` nobody need have been there.
 */
export async function verifyCreation(
  realm: Realm,
  response: z.output<typeof CreatedPasskey>['credential'],
  challenge: string,
  { unasked = false } = {},
): Promise<NewPasskey> {
  const { verifyRegistrationResponse, helpers } = await library();
  return verified(async () => {
    const attestation = helpers.decodeAttestationObject(
      helpers.isoBase64URL.toBuffer(response.response.attestationObject),
    );
    const isOwn = attestation.get('fmt') === 'packed' && attestation.get('attStmt').get('x5c') === undefined;
    if (attestation.get('fmt') !== 'none' && !isOwn) return null;
    const { registrationInfo } = await verifyRegistrationResponse({
      // Transports are hints, which nothing is decided by.
      response: response as RegistrationResponseJSON,
      ...expected(realm, challenge, response),
      requireUserPresence: !unasked,
      requireUserVerification: !unasked,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!registrationInfo) return null;
    const { aaguid, credential, credentialBackedUp, credentialDeviceType } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      aaguid,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
      // Also where the browser happens to have verified somebody: two steps are nothing that begins unasked.
      uvInitialized: !unasked,
    };
  });
}

/**
 * The use of a passkey for that challenge, at our origin or one of the realm's, by a user whom the authenticator has verified.
 * The counter is for the account object to judge. Throws `invalid_passkey`.
 */
export async function verifyUse(
  realm: Realm,
  response: AuthenticationResponseJSON,
  challenge: string,
  passkey: PasskeyRow,
): Promise<{ counter: number; backedUp: boolean }> {
  const { verifyAuthenticationResponse } = await library();
  return verified(async () => {
    const { verified: isRight, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      ...expected(realm, challenge, response),
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: 0,
      },
    });
    if (!isRight) return null;
    return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp };
  });
}

function expected(
  realm: Realm,
  challenge: string,
  { response: { clientDataJSON } }: { response: { clientDataJSON: string } },
) {
  const { origin } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
  return {
    expectedChallenge: challenge,
    expectedOrigin: typeof origin === 'string' && isOriginOf(realm, origin) ? origin : realm.issuer,
    expectedRPID: relyingPartyId(realm),
  };
}

/** What a verification gives. Whatever it throws is about what the client sent, and says more than strangers should know. */
async function verified<Found>(verify: () => Promise<Found | null>): Promise<Found> {
  const found = await verify().catch(() => null);
  if (!found) throw new ApiError('invalid_passkey');
  return found;
}
