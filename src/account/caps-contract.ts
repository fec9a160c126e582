import type { Client } from '../lib/client.ts';
import type { Caps } from './sharing-contract.ts';

/** Who has set a cap: whoever spends, or an operator, beyond whose cap nobody can go. */
export type CapSetter = 'own' | 'operator';

/** Caps that are to be set, by whom. `actor` is an operator; the log of a user says the session and the device of theirs. */
export interface CapChange {
  by: CapSetter;
  caps: Caps;
  actor: string | null;
  sessionId: string | null;
  client: Client | null;
}

/** What was used in the UTC day and month of a moment, with what is held. */
export interface Spent {
  day: number;
  month: number;
}

/** What was used of something that is capped; `resource` is null for credits. */
export interface CapUse extends Spent {
  resource: string | null;
}

/** The caps of somebody's spending as a whole, those that hold of both, and what was used of what is capped. */
export interface SpendingReport {
  own: Caps;
  operator: Caps;
  inForce: Caps;
  used: CapUse[];
}

/** Nothing is capped. */
export const NO_CAPS: Caps = { credits: null, resources: {} };

/** Whether caps cap nothing. */
export function isNoCap({ credits, resources }: Caps): boolean {
  return credits === null && Object.keys(resources).length === 0;
}
