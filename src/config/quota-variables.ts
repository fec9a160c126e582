import { z } from 'zod';
import { type Environment, parseVariables, variable } from './variable.ts';

/** Variables that change the limits of plans, one for each plan and resource. */
export const QUOTA_VARIABLES = {
  name: 'QUOTA_{PLAN}_{RESOURCE}',
  unlessSet: 'as in the plan',
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

/** The limits that variables set, by the name of the variable; null is unlimited. Throws ConfigError. */
export function parseQuotas(env: Environment): Readonly<Record<string, number | null>> {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  const quota = variable({ schema: limit, doc: QUOTA_VARIABLES.doc });
  return parseVariables(env, Object.fromEntries(names.map((name) => [name, quota])));
}
