import type { ActivityEntry } from '../directory/state.ts';

/** An entry of the activity log as it goes to D1. */
export type ActivityData = ActivityEntry & { realmId: string };

/** Something that happened in an account object and that D1 shall know: written there once, seconds later. */
export interface Fact<Kind extends string = string, Data = unknown> {
  seq: number;
  at: number;
  kind: Kind;
  data: Data;
}
