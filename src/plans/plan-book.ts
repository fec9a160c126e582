import type { Plan } from '../account/metering-contract.ts';
import type { Config } from '../config/config.ts';
import type { Limit } from '../directory/state.ts';

/** A plan with the limits that variables set for it: `QUOTA_FREE_IMAGES`. */
export function withOverrides(plan: Plan, config: Pick<Config, 'QUOTAS' | 'RESOURCES'>): Plan {
  const limits = { ...plan.limits };
  for (const resource of new Set([...config.RESOURCES, ...Object.keys(limits)])) {
    const override = config.QUOTAS[`QUOTA_${upper(plan.id)}_${upper(resource)}`];
    if (override !== undefined) limits[resource] = overridden(limits[resource], override);
  }
  return { ...plan, limits };
}

function overridden(limit: Limit | undefined, override: number | null): Limit {
  if (limit?.day === undefined && limit?.month !== undefined) return { month: override };
  return { ...limit, day: override };
}

const upper = (name: string) => name.toUpperCase().replaceAll('-', '_');
