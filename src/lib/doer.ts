/** Who has done something, as users are told it. */
export const DOERS = ['user', 'admin', 'service', 'system'] as const;

export type Doer = (typeof DOERS)[number];

/** Who an actor is: null for the user, else the id of an admin or of an API key, or `system`. */
export function doerOf(actor: string | null): Doer {
  if (actor === null) return 'user';
  if (actor === 'system') return 'system';
  return actor.startsWith('usr_') ? 'admin' : 'service';
}
