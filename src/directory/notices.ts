import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message } from '../messages/outbox.ts';
import type { outbox } from '../messages/tables.ts';
import type { AccountChange } from '../messages/templates/mail-data.ts';
import type { UserRow } from './tables.ts';

/** Something about an account that its owner should know of, should it not have been they. */
export interface Notice {
  change: AccountChange;
  /** What it is about: a number, the name of a provider or of a key. */
  about: string | null;
  /** Null when it was no device of the user's. */
  client: Client | null;
}

/** The mail that tells of it. */
export function noticeMail(
  user: UserRow,
  issuer: string,
  { change, about, client }: Notice,
  now: number,
): typeof outbox.$inferInsert {
  const { id: userId, realmId, email, locale } = user;
  const data = {
    name: greetedName(user),
    change,
    about,
    at: rfc3339(now),
    place: client && placeOf(client),
    device: client && describeDevice(client.userAgent),
    link: `${issuer}/account/security`,
  };
  return message(
    { channel: 'mail', template: 'account_changed', data },
    { realmId, userId, to: email, locale },
    now,
  );
}
