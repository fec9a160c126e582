import type { Bindings } from '../../src/config/config.ts';
import { responsesAreOver } from './after-response.ts';

export { Account, OneTimeCode, RateLimiter } from '../../src/worker.ts';

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

export default {
  fetch: (request, bindings, ctx) => worker.default.fetch(request, bindings, ctx),
  scheduled: (controller, bindings) => worker.default.scheduled(controller, bindings),
} satisfies ExportedHandler<Bindings>;
