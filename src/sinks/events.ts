import { rfc3339 } from '../lib/time.ts';

/** What is said besides of what members of an organization share: on whose behalf, a user or who asked for none. */
export interface SharedData {
  organization_id?: string;
  member?: string | null;
}

/** What each type of event says. Never a secret, an address or a name: whoever must know more asks by the ids. */
export interface EventData {
  /** A resource was used. */
  'latchkey.usage': SharedData & {
    resource: string;
    quantity: number;
    /** By which request; `commit` ends a reservation. */
    request: string;
    /** As the caller gave it. */
    reference: string | null;
  };
  /** A model was used. */
  'latchkey.tokens': SharedData & {
    model: string;
    input_tokens: number;
    output_tokens: number;
    total_tokens: number;
    /** As the caller gave it. */
    request_id: string | null;
  };
  /** Credits came or went: a row of the ledger. */
  'latchkey.credits': SharedData & {
    transaction_id: string;
    transaction_type: string;
    amount: number;
    balance_after: number;
    reference: string;
    refund_of: string | null;
    actor: string | null;
  };
  /** Something happened to an account: an entry of its activity log. */
  'latchkey.activity': {
    activity: string;
    session_id: string | null;
    /** ISO 3166-1 alpha-2, as the network tells. */
    country: string | null;
    /** Who did it, when it was not the user. */
    actor: string | null;
  };
  /** An operator or a service did something: an entry of the audit log. */
  'latchkey.audit': { action: string; actor: string; target: string };
}

export type EventType = keyof EventData;

/** An event as it leaves, in the JSON format of CloudEvents 1.0. */
export interface SinkEvent<Type extends EventType = EventType> {
  specversion: '1.0';
  /** The same however often it is sent, and no other event's. */
  id: string;
  source: string;
  type: Type;
  /** The user or the organization; of the audit log, what something was done to. */
  subject: string;
  /** RFC 3339. */
  time: string;
  datacontenttype: 'application/json';
  /** An extension attribute: the realm, by its id. */
  realm: string;
  data: EventData[Type];
}

/** Makes an event. `source` is the origin of the deployment, `at` is Unix milliseconds. */
export function sinkEvent<Type extends EventType>(
  type: Type,
  about: { id: string; source: string; subject: string; realm: string; at: number },
  data: EventData[Type],
): SinkEvent<Type> {
  const { id, source, subject, realm, at } = about;
  return {
    specversion: '1.0',
    id,
    source,
    type,
    subject,
    time: rfc3339(at),
    datacontenttype: 'application/json',
    realm,
    data,
  };
}
