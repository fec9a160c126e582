import { z } from '@hono/zod-openapi';
import type { KnownUse } from '../account/contract.ts';
import { rfc3339 } from '../lib/time.ts';
import { PasswordlessRegisterFields } from '../passwords/schemas.ts';
import { authenticatorName } from './authenticators.ts';
import type { PasskeyRow } from './tables.ts';

/** A passkey, and what the account object knows of its use: null until it is used. */
export interface UsedPasskey {
  row: PasskeyRow;
  lastUse: KnownUse | null;
}

const base64url = z
  .string()
  .min(1)
  .max(20_000)
  .regex(/^[A-Za-z0-9_-]+$/, { error: 'Must be base64url' });
const credentialId = base64url.max(1400);

/** What every credential has; what browsers add beside it is left out. */
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };
const extensions = z.record(z.string(), z.unknown()).default({});

const flow = z.string().min(1).max(6000).openapi({ description: 'As it came with the options' });

/** What a user calls a passkey. */
export const PasskeyName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
  .openapi({ description: 'What the user calls it', example: 'My laptop' });

export const PasskeyOptionsBody = z
  .strictObject({
    session_cookie: z.boolean().optional().openapi({
      description:
        'For browsers that will ask for a session cookie: binds the challenge to this browser, by its device cookie',
    }),
  })
  .openapi('PasskeySignInRequest');

export const PasskeyAddingBody = z
  .strictObject({
    conditional: z.boolean().optional().openapi({
      description: 'For `mediation: "conditional"`: the browser makes the passkey without asking its user',
    }),
  })
  .openapi('PasskeyAdding');

export const PasskeyRegisterOptionsBody = z
  .strictObject({
    ...PasswordlessRegisterFields,
    session_cookie: z.boolean().optional().openapi({
      description: 'For browsers that will ask for a session cookie: binds the challenge to this browser',
    }),
  })
  .openapi('PasskeyRegistration');

/** A passkey that was used: what `toJSON()` of the browser's credential gives (`AuthenticationResponseJSON`). */
export const AssertedPasskey = z
  .strictObject({
    flow,
    credential: z.object({
      ...credential,
      response: z.object({
        clientDataJSON: base64url,
        authenticatorData: base64url,
        signature: base64url,
        userHandle: base64url
          .max(100)
          .nullish()
          .transform((value) => value ?? undefined),
      }),
      clientExtensionResults: extensions,
    }),
  })
  .openapi('PasskeyProof');

export const PasskeySignInBody = AssertedPasskey.extend({
  session_cookie: z.boolean().optional().openapi({ description: 'As for the options' }),
}).openapi('PasskeySignIn');

/** A passkey that was made: what `toJSON()` of the browser's credential gives (`RegistrationResponseJSON`). */
export const CreatedPasskey = z
  .strictObject({
    flow,
    credential: z.object({
      ...credential,
      response: z.object({
        clientDataJSON: base64url,
        attestationObject: base64url,
        transports: z.array(z.string().max(40)).max(10).optional(),
      }),
      clientExtensionResults: extensions,
    }),
    name: PasskeyName.optional(),
  })
  .openapi('NewPasskey');

export const PasskeyRegisterBody = CreatedPasskey.extend({
  session_cookie: z.boolean().optional().openapi({ description: 'As for the options' }),
}).openapi('PasskeyRegister');

export const PasskeyPatch = z.strictObject({ name: PasskeyName }).openapi('PasskeyPatch');

const descriptor = z.object({
  type: z.literal('public-key'),
  id: z.string(),
  transports: z.array(z.string()),
});

export const RequestOptionsSchema = z
  .object({
    flow: z.string().openapi({ description: 'To be sent along with the credential, within ten minutes' }),
    public_key: z
      .object({
        rpId: z.string(),
        challenge: z.string(),
        timeout: z.int(),
        userVerification: z.literal('required'),
        allowCredentials: z.array(descriptor),
      })
      .openapi({ description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON()`' }),
  })
  .openapi('PasskeyRequestOptions');

export const CreationOptionsSchema = z
  .object({
    flow: z.string().openapi({ description: 'To be sent along with the credential, within ten minutes' }),
    public_key: z
      .object({
        rp: z.object({ id: z.string(), name: z.string() }),
        user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
        challenge: z.string(),
        pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
        timeout: z.int(),
        excludeCredentials: z.array(descriptor),
        authenticatorSelection: z.object({
          residentKey: z.literal('required'),
          requireResidentKey: z.boolean(),
          userVerification: z.enum(['required', 'preferred']),
        }),
        attestation: z.literal('none'),
      })
      .openapi({ description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON()`' }),
  })
  .openapi('PasskeyCreationOptions');

export const PasskeyIdParam = z.object({
  id: z.string().openapi({ example: 'psk_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
});

export const PasskeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    authenticator: z.string().nullable().openapi({
      description: 'What keeps it, as it says itself; null when it says nothing that is known',
      example: 'Apple Passwords',
    }),
    aaguid: z.string(),
    synced: z.boolean().openapi({ description: 'Whether it can be on several devices of its user' }),
    backed_up: z.boolean().openapi({ description: 'Whether it was, at its last use' }),
    transports: z.array(z.string()),
    counts_as_factor: z.boolean().openapi({
      description: 'False for one that a browser has made unasked, until its user confirms it',
    }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .openapi('Passkey');

export const PasskeyListSchema = z
  .object({ data: z.array(PasskeySchema), next_cursor: z.string().nullable() })
  .openapi('PasskeyList');

export const RelatedOriginsSchema = z.object({ origins: z.array(z.string()) }).openapi('RelatedOrigins');

/** A passkey as its user sees it. */
export function passkeyShape({ row, lastUse }: UsedPasskey): z.infer<typeof PasskeySchema> {
  return {
    id: row.id,
    name: row.name,
    authenticator: authenticatorName(row.aaguid),
    aaguid: row.aaguid,
    synced: row.backupEligible,
    backed_up: lastUse?.backedUp ?? row.backedUp,
    transports: row.transports,
    counts_as_factor: row.uvInitialized,
    created_at: rfc3339(row.createdAt),
    last_used_at: lastUse && rfc3339(lastUse.usedAt),
  };
}
