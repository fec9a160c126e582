import { EVENTS, type EventName } from '../events/catalogue.ts';
import { rfc3339 } from '../lib/time.ts';

/** An event as D1 has it. Times are Unix milliseconds, `data` is JSON. */
export interface KeptEvent {
  id: string;
  realmId: string;
  seq: number;
  userId: string | null;
  type: string;
  at: number;
  actor: string | null;
  requestId: string | null;
  data: string;
}

/** What is posted of an event: the same each time. */
export function payloadOf(event: KeptEvent) {
  return {
    id: event.id,
    type: event.type as EventName,
    version: EVENTS[event.type as EventName]?.version ?? 1,
    timestamp: rfc3339(event.at),
    realm: event.realmId,
    user_id: event.userId,
    sequence: event.seq,
    actor: event.actor,
    request_id: event.requestId,
    data: JSON.parse(event.data) as Record<string, unknown>,
  };
}
