import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';

// What the start of the Worker is measured by: the same bindings, and nothing behind them.

export class Account extends DurableObject {}
export class DeviceCode extends DurableObject {}
export class Organization extends DurableObject {}
export class Metrics extends DurableObject {}
export class OneTimeCode extends DurableObject {}
export class RateLimiter extends DurableObject {}
export class StandbyCopy extends DurableObject {}
export class Auth extends WorkerEntrypoint {}

export default {
  fetch: () => new Response('ok\n'),
} satisfies ExportedHandler;
