import { type Jurisdiction, jurisdictionOf } from '../lib/jurisdiction.ts';
import type { Config } from './config.ts';

// Durable Objects as the ports that rooms declare.

/** Stubs of a namespace by name, as the port that a feature declares. */
export function stubsOf<Port>(namespace: DurableObjectNamespace): (name: string) => Port {
  return (name) => namespace.get(namespace.idFromName(name)) as unknown as Port;
}

/** The same, within a jurisdiction. `wrangler dev` has none: there what is made for one is an object as any. */
export function stubsWithin<Port>(
  namespace: DurableObjectNamespace,
  { ENVIRONMENT }: Pick<Config, 'ENVIRONMENT'>,
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

/** Objects by the id of a user or an organization, which says in which jurisdiction the object is. */
export function stubsById<Port>(
  namespace: DurableObjectNamespace,
  config: Pick<Config, 'ENVIRONMENT'>,
): (name: string) => Port {
  const objects = stubsWithin<Port>(namespace, config);
  return (name) => objects(name, jurisdictionOf(name));
}
