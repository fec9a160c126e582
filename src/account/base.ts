import { DurableObject } from 'cloudflare:workers';
import { type Bindings, type Config, parseConfig } from '../env.ts';
import { SECOND } from '../lib/time.ts';
import { AccountFacts } from './facts.ts';
import { ObjectSchedule } from './schedule.ts';
import { AccountStateStore } from './state-store.ts';

/**
 * What an account object does by its alarm: writes facts to D1, catches up with the directory, clears away, writes
 * credits off that have expired.
 */
export type AccountJob = 'project' | 'reconcile' | 'forget' | 'expire';

const PROJECT_DELAY = SECOND;

/**
 * What every part of the account object stands on. Protected members are properties of the instance, never methods:
 * those could be called from outside, whatever TypeScript says.
 */
export abstract class AccountBase extends DurableObject<Bindings> {
  protected readonly config: Config;
  protected readonly state: AccountStateStore;
  protected readonly facts: AccountFacts;
  protected readonly schedule: ObjectSchedule<AccountJob>;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const { kv, sql } = ctx.storage;
    this.config = configOf(env);
    this.state = new AccountStateStore(kv);
    this.schedule = new ObjectSchedule(ctx.storage);
    this.facts = new AccountFacts(sql, () => this.schedule.at('project', Date.now() + PROJECT_DELAY));
  }
}

/** Variables are the same for all objects of an isolate, and objects come and go. */
const parsed = new WeakMap<Bindings, Config>();

function configOf(env: Bindings): Config {
  const known = parsed.get(env) ?? parseConfig(env as unknown as Record<string, unknown>);
  parsed.set(env, known);
  return known;
}
