import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { VARIABLES } from '../../src/config/variables.ts';
import { JOBS } from '../../src/cron.ts';

const config = readConfig({ config: join(import.meta.dirname, '../../wrangler.toml') });

it('every cron trigger has its jobs, and all jobs a trigger', () => {
  expect(config.triggers.crons?.toSorted()).toEqual(Object.keys(JOBS).sort());
});

it('the general limit that answers tell of is the one that the binding keeps', () => {
  const binding = config.ratelimits.find(({ name }: { name: string }) => name === 'GENERAL_RATE_LIMIT');
  expect(binding?.simple).toEqual({ limit: Number(VARIABLES.RATE_LIMIT_GENERAL.default), period: 60 });
});
