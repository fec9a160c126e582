import type { z } from 'zod';
import type { PasswordObjects } from '../account/contract.ts';
import { primary } from '../db/client.ts';
import { LINK_LIFETIME, newLink, peekLink } from '../directory/links.ts';
import { type Directory, findByEmail } from '../directory/service.ts';
import { ApiError } from '../errors.ts';
import type { Suspicions } from '../http/suspicions.ts';
import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import type { Realm } from '../lib/realm.ts';
import { steadily } from '../lib/steady.ts';
import { MINUTE, rfc3339 } from '../lib/time.ts';
import type { MailBudget } from '../messages/budgets.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message, type Outbox, storeNothing } from '../messages/outbox.ts';
import { type PasswordPolicy, refusedPassword } from './password-policy.ts';
import { resetChange, storeReset } from './reset-store.ts';
import type { ResetBody } from './schemas.ts';
import { findPassword } from './store.ts';

/** What resets are made of. */
export interface ResetDependencies {
  d1: D1Database;
  outbox: Outbox;
  directory: Directory;
  objects: PasswordObjects;
  mailBudget: MailBudget;
  passwordPolicy: PasswordPolicy;
  suspicions: Suspicions;
}

/** Forgotten passwords. */
export class PasswordResets {
  readonly #deps: ResetDependencies;

  constructor(deps: ResetDependencies) {
    this.#deps = deps;
  }

  /** Mails a reset link to a user with that address; takes the same steps when there is none. */
  forgot(email: string, realm: Realm, client: Client): Promise<void> {
    return steadily(() => this.#forgot(email, realm, client));
  }

  async #forgot(email: string, realm: Realm, client: Client): Promise<void> {
    const { d1, mailBudget, outbox, suspicions } = this.#deps;
    const request = { realmId: realm.id, to: email, client, userId: null };
    const mayMail = await mailBudget.take('recovery', request);
    if (!mayMail) suspicions.note(realm.id, email);
    // For everybody: it takes long enough to be noticed.
    const device = describeDevice(client.userAgent);
    // The primary, for known and unknown addresses alike: a replica would have to be asked twice about the latter.
    const { db } = primary(d1);
    const user = await findByEmail(db, realm.id, email);
    const now = Date.now();
    if (!user || !mayMail) return storeNothing(db, realm.id, now);
    const link = newLink(realm.issuer, 'reset_password', now);
    const mail = message(
      {
        channel: 'mail',
        template: 'reset_password',
        data: {
          name: greetedName(user),
          link: link.url,
          minutes: LINK_LIFETIME.reset_password / MINUTE,
          place: placeOf(client),
          device,
        },
      },
      { realmId: realm.id, userId: user.id, to: user.email, locale: user.locale, expiresAt: link.expiresAt },
      now,
    );
    await storeReset(db, user, link, mail);
    outbox.sendSoon([mail]);
  }

  /**
   * Sets a new password by the token of a reset link and proves the address, with all that follows from that. Throws
   * `invalid_link`, `validation_failed`.
   */
  async reset(body: z.output<typeof ResetBody>, realm: Realm, client: Client): Promise<void> {
    const { d1, directory, objects, passwordPolicy } = this.#deps;
    const { token, password, end_other_ways: endOtherWays = false } = body;
    const { db } = primary(d1);
    const link = await peekLink(db, token, ['reset_password'], Date.now());
    const owner = link && (await findByEmail(db, realm.id, link.email));
    if (!link || owner?.id !== link.userId) throw new ApiError('invalid_link');
    await passwordPolicy.require('password', password, owner, realm);
    const present = await findPassword(db, owner.id);
    const hash = await objects(owner.id).hashPassword(password, present?.hash);
    if (hash === null) throw refusedPassword('password', 'password_unchanged');
    const now = Date.now();
    const mail = passwordChangedMail(owner, `${realm.issuer}/forgot-password`, client, now);
    const { user } = await directory.change(owner.id, {
      ...resetChange(db, { token, userId: owner.id, hash, endOtherWays, now }),
      mail,
      activity: { type: 'password_reset', client },
    });
    if (!user) throw new ApiError('invalid_link');
  }
}

/** Tells a user that their password is a new one, and how to get the account back if it was not they. */
export function passwordChangedMail(
  user: {
    id: string;
    realmId: string;
    name: string | null;
    givenName: string | null;
    email: string;
    locale: string | null;
  },
  link: string,
  client: Client,
  now: number,
) {
  return message(
    {
      channel: 'mail',
      template: 'password_changed',
      data: {
        name: greetedName(user),
        at: rfc3339(now),
        place: placeOf(client),
        device: describeDevice(client.userAgent),
        link,
      },
    },
    { realmId: user.realmId, userId: user.id, to: user.email, locale: user.locale },
    now,
  );
}
