import { foldNames } from './directory/folded-names.ts';
import { log } from './lib/log.ts';
import { refreshDecoys } from './passwords/decoys.ts';
import { prune } from './privacy/retention.ts';
import type { Services } from './services.ts';

type Job = (services: Services, now: number) => Promise<unknown>;

/** What each Cron Trigger of wrangler.toml does. Every job may run late, twice, or at once with itself. */
export const JOBS: Record<string, Record<string, Job>> = {
  '* * * * *': {
    rotate_signing_keys: ({ signingKeys }, now) => signingKeys.rotate(now),
    drain_outbox: ({ outbox }) => outbox.drain(),
    // The night's work by portions: at the turn of a month there is more than one run can do.
    expire_plans: ({ planJobs }, now) => planJobs.expireLapsed(now),
    grant_monthly_credits: ({ planJobs }, now) => planJobs.grantMonthly(now),
    fold_names: ({ d1 }) => foldNames(d1),
    refresh_decoys: ({ d1 }, now) => refreshDecoys(d1, now),
    catch_up_billing: ({ billingAdmin }, now) => billingAdmin.catchUp(now),
  },
  '0 0 * * *': {
    close_day: ({ analytics }, now) => analytics.closeDay(now),
    expire_plans: ({ planJobs }, now) => planJobs.expireLapsed(now),
    grant_monthly_credits: ({ planJobs }, now) => planJobs.grantMonthly(now),
    prune: ({ d1, config }, now) => prune(d1, config, now),
  },
  '41 * * * *': {
    reconcile_billing: ({ billingAdmin }, now) => billingAdmin.reconcile(now),
  },
};

/** Runs the jobs of one trigger; one that fails is logged and stops no other. Throws when any failed. */
export async function runCron(services: Services, cron: string, now: number): Promise<void> {
  const failed: string[] = [];
  for (const [name, job] of Object.entries(JOBS[cron] ?? {})) {
    try {
      await job(services, now);
    } catch (error) {
      failed.push(name);
      log('error', 'cron_failed', { job: name, error: String(error) });
    }
  }
  if (failed.length > 0) throw new Error(`cron jobs failed: ${failed.join(', ')}`);
}
