import { endOwnersKeys } from './api-keys/owners-keys.ts';
import { foldNames } from './directory/folded-names.ts';
import { lazy } from './lib/lazy.ts';
import { describeFailure, log } from './lib/log.ts';
import { count } from './lib/metrics.ts';
import { type Budget, RunBudget } from './lib/run-budget.ts';
import { DAY, MINUTE, SECOND } from './lib/time.ts';
import { refreshDecoys } from './passwords/decoys.ts';
import { prune } from './privacy/retention.ts';
import type { Services } from './services.ts';
import { sendAudit } from './sinks/audit-job.ts';
import { endAuditStream, streamAudit } from './sinks/audit-stream.ts';
import { callDeliverers, type DeliveryCall } from './webhooks/queue.ts';

const logouts = lazy(() => import('./authorization-server/logout-service.ts'));
const domains = lazy(() => import('./organizations/domain-checks.ts'));

interface Job {
  /** Whether it is done once, in `DB`; else in each database that realms live in. */
  once?: true;
  /** How much it may take of what the jobs before it have left of the run's calls. */
  share: number;
  run(services: Services, now: number, budget: Budget): Promise<unknown>;
}

/** After how long a run begins nothing more (milliseconds): what it has begun ends before the next minute does. */
const RUN_TIME = 35 * SECOND;

const expirePlans: Job = {
  share: 0.2,
  run: ({ planJobs }, now, budget) => planJobs.expireLapsed(now, budget),
};
const grantCredits: Job = {
  share: 0.5,
  run: ({ planJobs }, now, budget) => planJobs.grantMonthly(now, budget),
};
/** Of those whose time was over when the day began, as below. */
const eraseAnonymous: Job = {
  share: 1,
  run: ({ privacy }, now, budget) => privacy.eraseAnonymous(now - (now % DAY), budget),
};
/** Of what was over when the day began: the minutes of a day finish what its night has left, and find nothing then. */
const cleanUpAfterNight: Job = {
  share: 1,
  run: ({ d1, config }, now, budget) => prune(d1, config, now - (now % DAY), budget),
};

/**
 * What each Cron Trigger of wrangler.toml does, in this order. Every job may run late, twice, or at once with itself, and goes
 * on in the next minute where the calls of a run did not suffice.
 */
export const JOBS: Record<string, Record<string, Job>> = {
  '* * * * *': {
    rotate_signing_keys: {
      once: true,
      share: 0.1,
      run: ({ signingKeys }, now, budget) => signingKeys.rotate(now, budget),
    },
    end_owners_keys: {
      once: true,
      share: 0.1,
      run: ({ databases }, _, budget) => endOwnersKeys(databases, budget),
    },
    move_realms: {
      once: true,
      share: 0.3,
      run: ({ admin }, now, budget) => admin.moves.run(now, budget),
    },
    drain_outbox: { share: 0.5, run: ({ outbox }, _, budget) => outbox.drain(budget) },
    send_logouts: {
      share: 0.3,
      run: async ({ config, d1, signingKeys, subjects }, _, budget) => {
        const { sendLogoutNotices, SignedTokens } = await logouts();
        const parts = { d1, tokens: new SignedTokens(signingKeys, subjects), origin: config.ORIGIN };
        await sendLogoutNotices({ ...parts, mayBeLocal: config.ENVIRONMENT === 'development' }, budget);
      },
    },
    expire_plans: expirePlans,
    grant_monthly_credits: grantCredits,
    fold_names: { share: 0.2, run: ({ d1 }, _, budget) => foldNames(d1, budget) },
    refresh_decoys: {
      share: 0.2,
      run: ({ d1, database, home }, now, budget) =>
        refreshDecoys(d1, now, budget, home && { database, control: home.d1 }),
    },
    catch_up_billing: {
      share: 0.7,
      run: ({ billingAdmin }, now, budget) => billingAdmin.catchUp(now, budget),
    },
    stream_audit: {
      share: 0.3,
      run: ({ auditStream }, now, budget) => streamAudit(auditStream, now, budget),
    },
    send_audit: { share: 0.3, run: ({ auditFeed }, now, budget) => sendAudit(auditFeed, now, budget) },
    clean_up: cleanUpAfterNight,
    erase_anonymous: eraseAnonymous,
    // Last, for it may take as long as a run may.
    deliver_events: {
      share: 1,
      run: ({ database, deliveries, outbox }, _, budget) =>
        deliveries ? callDeliverers(outbox, deliveries, database, budget) : outbox.drain(budget, 'webhooks'),
    },
  },
  '0 0 * * *': {
    expire_plans: expirePlans,
    grant_monthly_credits: grantCredits,
    clean_up: { share: 1, run: ({ d1, config }, now, budget) => prune(d1, config, now, budget) },
    erase_anonymous: eraseAnonymous,
    end_audit_stream: { share: 1, run: ({ auditStream }, _, budget) => endAuditStream(auditStream, budget) },
  },
  '41 * * * *': {
    check_domains: {
      share: 0.2,
      run: async ({ d1, organizationChanges: changes }, now, budget) =>
        (await domains()).checkDomains({ d1, changes }, now, budget),
    },
    reconcile_billing: {
      share: 1,
      run: ({ billingAdmin }, now, budget) => billingAdmin.reconcile(now, budget),
    },
  },
};

/** Calls by which every job comes to something in one database. */
const CALLS_A_DATABASE = 50;

/** The databases, each minute another one first, and no more than so many calls suffice for. */
function inTurn(names: string[], now: number, calls: number): string[] {
  const first = Math.floor(now / MINUTE) % names.length;
  const turns = [...names.slice(first), ...names.slice(0, first)];
  return turns.slice(0, Math.max(1, Math.floor(calls / CALLS_A_DATABASE)));
}

/**
 * Runs the jobs of one trigger in all databases, all together with no more calls than `JOB_CALLS`; one that fails is logged and
 * stops no other. Throws when any failed.
 */
export async function runCron(services: Services, cron: string, now: number): Promise<void> {
  const failed: string[] = [];
  const budget = new RunBudget(services.config.JOB_CALLS, now + RUN_TIME);
  const { names } = services.databases;
  for (const [name, { share, once, run }] of Object.entries(JOBS[cron] ?? {})) {
    const part = budget.part(share);
    const turns = once ? [services.database] : inTurn(names, now, services.config.JOB_CALLS);
    for (const [index, database] of turns.entries()) {
      try {
        // One that has much to do leaves the others theirs.
        const own = turns.length === 1 ? part : part.part(1 / (turns.length - index));
        await run(services.at(database), now, own);
      } catch (error) {
        failed.push(name);
        count('cron_failures', { job: name });
        log('error', 'cron_failed', { job: name, database, error: describeFailure(error) });
      }
    }
  }
  await services.metrics?.tell(now);
  if (failed.length > 0) throw new Error(`cron jobs failed: ${failed.join(', ')}`);
}

/**
 * Delivers what is due in the databases that messages of the queue name, with limits of its own; what it does not come to another
 * invocation does.
 */
export async function deliverByMessages(
  services: Services,
  messages: readonly DeliveryCall[],
): Promise<void> {
  const budget = new RunBudget(services.config.JOB_CALLS, Date.now() + RUN_TIME);
  const named = new Set(messages.map(({ database }) => database));
  for (const database of named) {
    // Of a database that is bound no more there is nothing to deliver.
    if (!services.databases.names.includes(database)) continue;
    const { deliveries, outbox } = services.at(database);
    const tried = await outbox.drain(budget, 'webhooks');
    if (tried > 0 && deliveries && (await outbox.countDeliveries(1)) > 0) await deliveries.send({ database });
  }
}
