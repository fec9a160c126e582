import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { HOUR, rfc3339 } from '../lib/time.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message } from '../messages/outbox.ts';
import type { outbox } from '../messages/tables.ts';
import type { AccountChange } from '../messages/templates/mail-data.ts';
import { LINK_LIFETIME, type Link } from './links.ts';
import type { UserRow } from './tables.ts';

/** Something about an account that its owner should know of, should it not have been they. */
export interface Notice {
  change: AccountChange;
  /** What it is about: a number, the name of a provider or of a key. */
  about: string | null;
  /** Null when it was no device of the user's. */
  client: Client | null;
}

/** The mail that greets a user who has registered, with the link that proves their address. */
export function welcomeMail(
  user: { id: string; realmId: string; email: string; locale: string | null; name: string | null },
  link: Pick<Link, 'url' | 'expiresAt'>,
  now: number,
): typeof outbox.$inferInsert {
  const { id: userId, realmId, email: to, locale, name } = user;
  const data = { name, link: link.url, hours: LINK_LIFETIME.verify_email / HOUR };
  const envelope = { realmId, userId, to, locale, expiresAt: link.expiresAt };
  return message({ channel: 'mail', template: 'welcome', data }, envelope, now);
}

/** The mail that tells the owner of an address that somebody has registered with it, who was told nothing. */
export function accountExistsMail(user: UserRow, issuer: string, now: number): typeof outbox.$inferInsert {
  const { id: userId, realmId, email: to, locale } = user;
  const data = { name: greetedName(user), link: `${issuer}/forgot-password` };
  return message({ channel: 'mail', template: 'account_exists', data }, { realmId, userId, to, locale }, now);
}

/** The mail that asks the owner of a new address to confirm that it is a user's, by a link; it may be the user's first. */
export function confirmAddressMail(
  user: UserRow,
  to: string,
  link: Link,
  now: number,
): typeof outbox.$inferInsert {
  const { id: userId, realmId, locale } = user;
  const data = { name: greetedName(user), link: link.url, hours: LINK_LIFETIME.change_email / HOUR };
  const envelope = { realmId, userId, to, locale, expiresAt: link.expiresAt };
  const template = isPlaceholder(user.email) ? 'verify_email' : 'confirm_new_email';
  return message({ channel: 'mail', template, data }, envelope, now);
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
