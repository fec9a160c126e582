import { z } from '@hono/zod-openapi';
import { SECOND_STEPS } from '../lib/mfa.ts';
import { rfc3339 } from '../lib/time.ts';
import { AssertedPasskey } from '../passkeys/schemas.ts';

/** A factor that an account has. Times are Unix milliseconds. */
export interface KnownFactor {
  id: string;
  type: 'totp' | 'passkey';
  name: string;
  createdAt: number;
  usedAt: number | null;
}

/** The factors of an account, and what goes with them. */
export interface KnownFactors {
  factors: KnownFactor[];
  recoveryCodesLeft: number;
  /** When one of those that there are was used last. */
  recoveryCodeUsedAt: number | null;
  /** Whether the realm requires one by now. */
  isRequired: boolean;
}

/** A code of any factor as it is typed: that of an app and a recovery code may have blanks and dashes. */
export const FactorCodeField = z
  .string()
  .min(1)
  .max(100)
  .openapi({ description: 'Blanks and dashes do not count', example: '493817' });

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
  .openapi({ description: 'What the user calls it', example: 'My phone' });

export const NewFactorBody = z
  .strictObject({
    type: z.literal('totp').openapi({ description: 'Codes of an authenticator app (RFC 6238)' }),
    name: name.optional(),
  })
  .openapi('NewFactor');

export const StartedFactorSchema = z
  .object({
    id: z.string().openapi({ example: 'fac_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    secret: z.string().openapi({ description: 'Base32, to be typed into an app; shown this once' }),
    uri: z.string().openapi({ description: 'The same, for an app that opens links (`otpauth:`)' }),
    qr: z.string().openapi({ description: 'The URI as a picture to be scanned: SVG' }),
  })
  .openapi('StartedFactor');

export const FactorIdParam = z.object({
  id: z.string().openapi({ example: 'fac_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
});

export const FactorCodeBody = z.strictObject({ code: FactorCodeField }).openapi('FactorCode');

export const RecoveryCodesSchema = z
  .object({
    recovery_codes: z.array(z.string()).openapi({
      description:
        'Ten, each of which takes the place of a factor once. They are shown this once; none when the account has some already',
      example: ['k3wq-7h2m-b5xa-2ndp-6tzc-4yqe'],
    }),
  })
  .openapi('RecoveryCodes');

const FactorSchema = z
  .object({
    id: z.string(),
    type: z.enum(['totp', 'passkey']),
    name: z.string(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .openapi('Factor');

export const FactorListSchema = z
  .object({
    data: z.array(FactorSchema),
    next_cursor: z.string().nullable(),
    recovery_codes_left: z.int(),
    recovery_code_last_used_at: z.iso.datetime().nullable().openapi({
      description: 'When one of the recovery codes that there are was used',
    }),
    required: z.boolean().openapi({ description: 'Whether the realm requires one of the user by now' }),
  })
  .openapi('FactorList');

/** The same for operators. */
export const UserFactorListSchema = FactorListSchema.extend({ total: z.int() }).openapi('UserFactorList');

const token = z.string().min(1).max(200).openapi({ description: 'Of the answer to the first step' });

export const SecondStepBody = z
  .strictObject({
    mfa_token: token,
    method: z.enum(SECOND_STEPS),
    code: FactorCodeField.optional().openapi({
      description: 'Of the app, from a mail or a text message, or a recovery code',
    }),
    passkey: AssertedPasskey.optional().openapi({
      description: 'What the browser gave for the options of `POST /v1/auth/passkeys/options`',
    }),
    remember_device: z.boolean().optional().openapi({
      description:
        'Not to be asked on this device for 30 days, which its device cookie shows; in realms that let it be so',
    }),
    session_cookie: z.boolean().optional().openapi({
      description: 'As for the first step, by the same browser',
    }),
  })
  .superRefine(({ method, code, passkey }, context) => {
    const [needed, other] =
      method === 'passkey' ? (['passkey', code] as const) : (['code', passkey] as const);
    const has = needed === 'passkey' ? passkey : code;
    const path = has === undefined ? needed : needed === 'passkey' ? 'code' : 'passkey';
    if (has === undefined || other !== undefined) {
      context.addIssue({ code: 'custom', path: [path], message: `\`${needed}\` goes with this method` });
    }
  })
  .openapi('SecondStep');

export const SecondStepCodeBody = z
  .strictObject({ mfa_token: token, method: z.enum(['email', 'sms']) })
  .openapi('SecondStepCode');

/** The factors of a user as they go over the wire. */
export function factorsShape({
  factors,
  recoveryCodesLeft,
  recoveryCodeUsedAt,
  isRequired,
}: KnownFactors): z.infer<typeof FactorListSchema> {
  return {
    data: factors.map(({ id, type, name, createdAt, usedAt }) => ({
      id,
      type,
      name,
      created_at: rfc3339(createdAt),
      last_used_at: usedAt === null ? null : rfc3339(usedAt),
    })),
    next_cursor: null,
    recovery_codes_left: recoveryCodesLeft,
    recovery_code_last_used_at: recoveryCodeUsedAt === null ? null : rfc3339(recoveryCodeUsedAt),
    required: isRequired,
  };
}
