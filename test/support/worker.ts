import type { Bindings } from '../../src/config/config.ts';
import {
  Account as Accounts,
  OneTimeCode as OneTimeCodes,
  RateLimiter as RateLimiters,
} from '../../src/worker.ts';
import { responsesAreOver } from './after-response.ts';

type Worker = typeof import('../../src/worker.ts');

let starts = 0;
let worker: Worker;
export let Auth: Worker['Auth'];

/**
 * Makes the Worker forget everything, once the work that follows its answers is done.
 * Only src/worker.ts is evaluated again: services and their caches hang from there.
 */
export async function restartWorker(): Promise<void> {
  await responsesAreOver();
  starts += 1;
  worker = await import(/* @vite-ignore */ `../../src/worker.ts?start=${starts}`);
  Auth = worker.Auth;
}

/** The objects that may have something stored, by the names of their bindings. */
export const objects = {
  ACCOUNT: new Map<string, DurableObjectId>(),
  ONE_TIME_CODE: new Map<string, DurableObjectId>(),
  RATE_LIMITER: new Map<string, DurableObjectId>(),
};

export class Account extends Accounts {
  constructor(ctx: DurableObjectState, bindings: Bindings) {
    super(ctx, bindings);
    objects.ACCOUNT.set(ctx.id.toString(), ctx.id);
  }
}

export class OneTimeCode extends OneTimeCodes {
  constructor(ctx: DurableObjectState, bindings: Bindings) {
    super(ctx, bindings);
    objects.ONE_TIME_CODE.set(ctx.id.toString(), ctx.id);
  }
}

export class RateLimiter extends RateLimiters {
  constructor(ctx: DurableObjectState, bindings: Bindings) {
    super(ctx, bindings);
    objects.RATE_LIMITER.set(ctx.id.toString(), ctx.id);
  }
}

export default {
  fetch: (request, bindings, ctx) => worker.default.fetch(request, bindings, ctx),
  scheduled: (controller, bindings) => worker.default.scheduled(controller, bindings),
} satisfies ExportedHandler<Bindings>;
