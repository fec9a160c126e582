import type { ActivityType } from '../directory/state.ts';
import type { Client } from '../lib/client.ts';

/** One entry of the activity log. */
export interface ActivityData {
  realmId: string;
  type: ActivityType;
  sessionId: string | null;
  /** Null when it was no device of the user's. */
  client: Client | null;
  /** Who did it, when it was not the user: the id of an API key or of an admin, or `system`. */
  actor?: string;
  details?: Record<string, unknown>;
}

/** What the log says of an act that was not the user's. */
export type ByOther = Pick<ActivityData, 'actor' | 'details'>;

/** Something that happened in an account object and that D1 shall know: written there once, seconds later. */
export interface Fact<Kind extends string = string, Data = unknown> {
  seq: number;
  at: number;
  kind: Kind;
  data: Data;
}
