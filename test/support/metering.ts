import { env } from 'cloudflare:workers';
import type { Plan, Terms } from '../../src/account/metering-contract.ts';
import type { Limits } from '../../src/directory/state.ts';
import { accountOf } from './api.ts';

/** The directory's row of a user, changed and told to the object as admins' operations do. */
export async function changePlan(
  userId: string,
  set: {
    plan?: string;
    plan_expires_at?: number | null;
    custom_limits?: Limits;
    subscribed?: number;
    meters?: string | null;
  },
): Promise<void> {
  const { custom_limits, ...columns } = set;
  const values: Record<string, unknown> = { ...columns };
  if (custom_limits) values.custom_limits = JSON.stringify(custom_limits);
  const row = await env.DB.prepare(
    `UPDATE users SET ${Object.keys(values)
      .map((name) => `${name} = ?`)
      .join(', ')}, version = version + 1 WHERE id = ? RETURNING *`,
  )
    .bind(...Object.values(values), userId)
    .first<any>();
  await tell(row);
}

async function tell(row: any): Promise<void> {
  await accountOf(row.id).directoryChanged(
    {
      userId: row.id,
      realmId: row.realm_id,
      role: row.role,
      plan: row.plan,
      planExpiresAt: row.plan_expires_at,
      customLimits: JSON.parse(row.custom_limits),
      subscribed: row.subscribed === 1,
      meters: JSON.parse(row.meters),
      status: row.status,
      emailVerified: row.email_verified === 1,
      version: row.version,
      credentialVersion: row.credential_version,
    },
    { bookmark: null, keepSession: null, forgiveFailures: false, activity: null },
  );
}

/** A user of the default realm without a password, whose object knows them. */
export async function meteredUser(plan = 'free'): Promise<string> {
  const id = `usr_${crypto.randomUUID()}`;
  const now = Date.now();
  const row = await env.DB.prepare(
    `INSERT INTO users (id, realm_id, email, email_verified, plan, created_at, updated_at)
     VALUES (?, 'default', ?, 1, ?, ?, ?) RETURNING *`,
  )
    .bind(id, `${id}@example.com`, plan, now, now)
    .first<any>();
  await tell(row);
  return id;
}

/** Terms of one plan for everybody. */
export function termsOf(plan: Partial<Plan>): Terms {
  const free: Plan = {
    id: 'free',
    name: 'Free',
    limits: {},
    modelTiers: ['standard'],
    monthlyCredits: 0,
    features: [],
    ...plan,
  };
  return { realmId: 'default', plans: { free } };
}
