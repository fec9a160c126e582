import type { Bindings } from '../../src/config/config.ts';
import {
  Account as Accounts,
  DeviceCode as DeviceCodes,
  Metrics as MetricsSums,
  OneTimeCode as OneTimeCodes,
  Organization as Organizations,
  RateLimiter as RateLimiters,
  StandbyCopy as StandbyCopies,
} from '../../src/worker.ts';
import { responsesAreOver } from './after-response.ts';

type Worker = typeof import('../../src/worker.ts');

/** Work of the last file that takes longer, such as a mail to a server that hangs, is not waited for (milliseconds). */
const GRACE = 1_000;

let loads = 0;
let worker: Worker;
export let Auth: Worker['Auth'];

/** Evaluates src/worker.ts again, and nothing that it imports: its services and their caches hang from there. */
export function loadWorker(): Promise<Worker> {
  loads += 1;
  return import(/* @vite-ignore */ `../../src/worker.ts?load=${loads}`);
}

/** Makes the Worker forget everything, once the work that follows its answers is done. */
export async function restartWorker(): Promise<void> {
  await responsesAreOver(GRACE);
  worker = await loadWorker();
  Auth = worker.Auth;
}

/** The objects that may have something stored, by the names of their bindings. */
export const objects: Record<
  'ACCOUNT' | 'DEVICE_CODE' | 'METRICS' | 'ONE_TIME_CODE' | 'ORGANIZATION' | 'RATE_LIMITER' | 'STANDBY',
  Set<DurableObjectId>
> = {
  ACCOUNT: new Set(),
  DEVICE_CODE: new Set(),
  METRICS: new Set(),
  ONE_TIME_CODE: new Set(),
  ORGANIZATION: new Set(),
  RATE_LIMITER: new Set(),
  STANDBY: new Set(),
};

let objectVariables: Record<string, unknown> | null = null;
const environments = new WeakMap<object, object>();

/** Gives variables to all objects that are made from now on; null takes them back. */
export function setObjectVariables(variables: Record<string, unknown> | null): void {
  objectVariables = variables;
}

/** The environment of an object: one for all objects that have the same variables. */
function environmentOf(env: object): object {
  if (objectVariables === null) return env;
  const known = environments.get(objectVariables) ?? { ...env, ...objectVariables };
  environments.set(objectVariables, known);
  return known;
}

/** The same class, whose objects are remembered. */
function remembering<Class extends new (...args: any[]) => object>(binding: keyof typeof objects, of: Class) {
  return new Proxy(of, {
    construct(target, args, newTarget) {
      objects[binding].add(args[0].id);
      return Reflect.construct(target, [args[0], environmentOf(args[1])], newTarget);
    },
  });
}

export const Account = remembering('ACCOUNT', Accounts);
export const DeviceCode = remembering('DEVICE_CODE', DeviceCodes);
export const Metrics = remembering('METRICS', MetricsSums);
export const OneTimeCode = remembering('ONE_TIME_CODE', OneTimeCodes);
export const Organization = remembering('ORGANIZATION', Organizations);
export const RateLimiter = remembering('RATE_LIMITER', RateLimiters);
export const StandbyCopy = remembering('STANDBY', StandbyCopies);

export default {
  fetch: (request, bindings, ctx) => worker.default.fetch(request, bindings, ctx),
  scheduled: (controller, bindings) => worker.default.scheduled(controller, bindings),
} satisfies ExportedHandler<Bindings>;
