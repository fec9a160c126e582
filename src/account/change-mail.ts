import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { issuerOf } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import type { MailFact } from '../messages/outbox-projection.ts';
import type { AccountChange } from '../messages/templates/mail-data.ts';

/**
 * The mail about something that was done with an account, should it not have been its owner. `client` is null where it was no device of
 * theirs; `at` is Unix milliseconds.
 */
export function changeMail(
  of: { origin: string; realmId: string },
  { change, about, path }: { change: AccountChange; about: string; path: string },
  client: Client | null,
  at: number,
): MailFact<'account_changed'> {
  return {
    template: 'account_changed',
    data: {
      name: null,
      change,
      about,
      at: rfc3339(at),
      place: client && placeOf(client),
      device: client && describeDevice(client.userAgent),
      link: issuerOf(of.origin, of.realmId) + path,
    },
  };
}
