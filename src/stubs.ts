import type { Bindings, Config } from './config/config.ts';
import type { RateLimitResult } from './http/rate-limiter.ts';
import { type Jurisdiction, jurisdictionOf } from './lib/jurisdiction.ts';
import type { Take } from './messages/budgets.ts';

// Durable Objects as the ports that features declare.

/** Stubs of a namespace by name, as the port that a feature declares. */
export function stubsOf<Port>(namespace: DurableObjectNamespace): (name: string) => Port {
  return (name) => namespace.get(namespace.idFromName(name)) as unknown as Port;
}

/** The same, within a jurisdiction. `wrangler dev` has none: there what is made for one is an object as any. */
export function stubsWithin<Port>(
  namespace: DurableObjectNamespace,
  { ENVIRONMENT }: Config,
): (name: string, jurisdiction: Jurisdiction | null) => Port {
  const within = (jurisdiction: Jurisdiction) => {
    try {
      return namespace.jurisdiction(jurisdiction);
    } catch (error) {
      if (ENVIRONMENT === 'development') return namespace;
      throw error;
    }
  };
  return (name, jurisdiction) =>
    stubsOf<Port>(jurisdiction === null ? namespace : within(jurisdiction))(name);
}

/** Account objects by the id of the user, which says in which jurisdiction the object is. */
export function accountStubs<Port>(
  namespace: DurableObjectNamespace,
  config: Config,
): (name: string) => Port {
  const objects = stubsWithin<Port>(namespace, config);
  return (name) => objects(name, jurisdictionOf(name));
}

/** Counts in buckets, each an object of its own. */
export function takeFrom(bindings: Bindings): Take {
  const limiter = stubsOf<{ take(limit: number, windowSeconds: number): Promise<RateLimitResult> }>(
    bindings.RATE_LIMITER,
  );
  return async (name, limit, windowSeconds) => (await limiter(name).take(limit, windowSeconds)).allowed;
}
