import { z } from '@hono/zod-openapi';
import type { SessionRecord } from '../account/contract.ts';
import { PaidSchema, paidShape } from '../billing/schemas.ts';
import { transactionShape } from '../credits/schemas.ts';
import { UserSchema, userShape } from '../directory/schemas.ts';
import { jsonStream, mapped } from '../http/json-stream.ts';
import { rfc3339 } from '../lib/time.ts';
import { CapsSchema, capsShape } from '../plans/caps-schemas.ts';
import { ProductKeySchema, productKeyShape } from '../product-keys/schemas.ts';
import { accountEntry } from './account-entry.ts';
import { ActivitySchema, activityShape } from './schemas.ts';
import type { Everything } from './service.ts';

export const ExportSchema = z
  .object({
    exported_at: z.iso.datetime(),
    user: UserSchema,
    made_in: z.string().nullable().openapi({ description: 'Where from the account was made' }),
    made_with: z.string().nullable().openapi({ description: 'The user agent it was made with' }),
    external_id: z
      .string()
      .nullable()
      .openapi({ description: 'What the system called the user that they were imported from' }),
    preferences: z.record(z.string(), z.unknown()),
    sessions: z.array(z.record(z.string(), z.unknown())),
    apps: z.array(z.record(z.string(), z.unknown())).openapi({
      description:
        'What the user has allowed which client, for an organization or, where `organization_id` is null, for themselves; what clients have is among the sessions',
    }),
    api_keys: z.array(ProductKeySchema).openapi({ description: 'The user’s own, without their secrets' }),
    organizations: z.array(z.record(z.string(), z.unknown())).openapi({
      description: 'Those that the user is in; what members have together is none of it',
    }),
    identities: z.array(z.record(z.string(), z.unknown())),
    passkeys: z.array(z.record(z.string(), z.unknown())),
    factors: z.array(z.record(z.string(), z.unknown())),
    recovery_codes_left: z.int(),
    recovery_code_last_used_at: z.iso.datetime().nullable(),
    activity: z.array(ActivitySchema),
    acts: z.array(z.record(z.string(), z.unknown())).openapi({ description: 'As an admin of the realm' }),
    messages: z.array(z.record(z.string(), z.unknown())),
    usage: z.array(z.record(z.string(), z.unknown())),
    usage_history: z.array(z.record(z.string(), z.unknown())),
    tokens: z.array(z.record(z.string(), z.unknown())),
    tokens_history: z.array(z.record(z.string(), z.unknown())),
    credit_transactions: z.array(z.record(z.string(), z.unknown())),
    spending_caps: z.object({ caps: CapsSchema, operator_caps: CapsSchema }),
    billing: PaidSchema,
  })
  .openapi('Export');

/** With which a browser saves the document as a file. */
export const EXPORT_HEADERS = {
  'Content-Type': 'application/json',
  'Content-Disposition': 'attachment; filename="account.json"',
};

/** Everything that is held about a user, as one document, to be read page by page. `now` is Unix milliseconds. */
export function exportDocument(everything: Everything, now: number): ReadableStream<Uint8Array> {
  const { consents, factors, keys, teams, uses, caps } = everything;
  const { user, externalId, preferences, open, past, log, acts, messages, linked, passkeys, metering, paid } =
    everything;
  const members: Record<keyof z.infer<typeof ExportSchema>, unknown> = {
    exported_at: rfc3339(now),
    user: userShape(user),
    made_in: user.madeIn,
    made_with: user.madeWith,
    external_id: externalId,
    preferences,
    sessions: sessionShapes(open, past),
    apps: consents.map(({ clientId, organizationId, scopes, at }) => ({
      client_id: clientId,
      organization_id: organizationId,
      scopes,
      allowed_at: rfc3339(at),
    })),
    api_keys: keys.map(productKeyShape),
    organizations: teams.map(({ joinedAt, ...row }) => ({ ...row, joined_at: rfc3339(joinedAt) })),
    identities: linked.map(({ emailVerified, createdAt, lastLoginAt, ...row }) => ({
      ...row,
      email_verified: emailVerified,
      created_at: rfc3339(createdAt),
      last_login_at: time(lastLoginAt),
    })),
    passkeys: passkeys.map(({ name, aaguid, credentialId, backupEligible, transports, createdAt }) => ({
      name,
      aaguid,
      credential_id: credentialId,
      synced: backupEligible,
      transports,
      created_at: rfc3339(createdAt),
    })),
    factors: factors.map(({ createdAt, verifiedAt, ...row }) => ({
      ...row,
      created_at: rfc3339(createdAt),
      verified_at: time(verifiedAt),
    })),
    recovery_codes_left: uses.recoveryCodesLeft,
    recovery_code_last_used_at: time(uses.recoveryCodeUsedAt ?? null),
    activity: mapped(log, (row) => activityShape(accountEntry(row))),
    acts: mapped(acts, ({ at, action, target, details }) => ({ at: rfc3339(at), action, target, details })),
    messages: mapped(messages, ({ id: _, createdAt, settledAt, ...row }) => ({
      ...row,
      created_at: rfc3339(createdAt),
      settled_at: time(settledAt),
    })),
    usage: metering.usage,
    usage_history: mapped(metering.uses, ({ seq: _, at, ...use }) => ({ at: rfc3339(at), ...use })),
    tokens: metering.tokens,
    tokens_history: mapped(metering.tokenUses, ({ seq: _, at, ...use }) => ({ at: rfc3339(at), ...use })),
    credit_transactions: mapped(metering.credits, transactionShape),
    spending_caps: { caps: capsShape(caps.own), operator_caps: capsShape(caps.operator) },
    billing: paidShape(paid),
  };
  return jsonStream(members);
}

/** The sessions that are open, and those that have ended. */
async function* sessionShapes(open: Everything['open'], past: Everything['past']) {
  yield open.map((row) => sessionShape({ ...row, ended_at: null }));
  for await (const rows of past) yield rows.map(({ end_reason: _, ...row }) => sessionShape(row));
}

const sessionShape = (row: SessionRecord & { ended_at: number | null }) => ({
  ...row,
  created_at: rfc3339(row.created_at),
  last_seen_at: rfc3339(row.last_seen_at),
  expires_at: rfc3339(row.expires_at),
  ended_at: time(row.ended_at),
  methods: JSON.parse(row.methods),
});

const time = (at: number | null) => (at === null ? null : rfc3339(at));
