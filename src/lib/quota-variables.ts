import { z } from 'zod';

/** Variables that change the limits of plans, one for each plan and resource: how they are documented and parsed. */
export const QUOTA_VARIABLES = {
  name: 'QUOTA_{PLAN}_{RESOURCE}',
  doc: 'For example `QUOTA_FREE_IMAGES=20`: this limit of the plan, or `unlimited`, whatever the database says; a day, or a month where the plan limits the month only.',
};

const PREFIX = 'QUOTA_';

const limit = z.union(
  [
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
    z.literal('unlimited').transform(() => null),
  ],
  { error: 'must be a whole number or unlimited' },
);

/** The limits that variables set, by the name of the variable; null is unlimited. Adds to the problems what is none. */
export function parseQuotas(
  env: Record<string, unknown>,
  problems: string[],
): Readonly<Record<string, number | null>> {
  const quotas: Record<string, number | null> = {};
  for (const name of Object.keys(env).filter((name) => name.startsWith(PREFIX))) {
    const parsed = limit.safeParse(env[name]);
    if (parsed.success) quotas[name] = parsed.data;
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  return quotas;
}
