import type { z } from 'zod';
import type { FirstSession } from '../account/contract.ts';
import type { Keyring } from '../crypto/keys.ts';
import { type Database, primary } from '../db/client.ts';
import { accountExistsMail, welcomeMail } from '../directory/notices.ts';
import { registrationLink } from '../directory/registration-links.ts';
import { findByEmail, madeBy } from '../directory/service.ts';
import { type AddressQuota, addressQuota, namesOfAddress } from '../directory/spent-before.ts';
import type { UserRow, users } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import { afterResponse } from '../lib/after-response.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { type Outbox, storeMessage } from '../messages/outbox.ts';
import type { AnonymousRegisterBody } from './schemas.ts';
import { insertRegistration, type Proof, usernameExists } from './store.ts';

/** Somebody who registers: what they say of themselves, and by what they will sign in. */
export interface Registration {
  userId: string;
  body: Omit<z.output<typeof AnonymousRegisterBody>, 'password'>;
  /** Whether their inbox may get a mail. */
  mayMail: boolean;
  /** What else their row says. */
  columns?: Pick<typeof users.$inferInsert, 'passkeyCount' | 'plan' | 'metadata' | 'withPassword'>;
  /** Writes by what they will sign in, in the batch that adds them. `now` is Unix milliseconds. */
  proof: Proof;
  /** The session that it opens; none where the address has to be proven first. */
  first?: Opening | undefined;
  /** Keeps what was given with an address that is known, where who gives it is not to learn that. */
  known?: (db: Database) => Promise<void>;
}

/** A session that is yet to be opened. */
export type Opening = Pick<FirstSession, 'id' | 'at'>;

/** The session that a registration opens now; undefined in a realm that verifies addresses first. */
export function firstSession({ registration }: Realm): Opening | undefined {
  const at = Date.now();
  return registration === 'verify_first' ? undefined : { id: newId('ses', at), at };
}

/** What users are added with. */
export interface RegistrationDependencies {
  d1: D1Database;
  outbox: Outbox;
  /** Names what addresses have used. */
  addressKeys: Keyring;
  /** Signs the links by which addresses are proven. */
  linkKeys: Keyring;
}

/** Adds users who register by themselves. */
export class Registrations {
  readonly #deps: RegistrationDependencies;

  constructor(deps: RegistrationDependencies) {
    this.#deps = deps;
  }

  /**
   * Adds a user, and mails the link that proves their address. Null for a known address in a realm that verifies first, whose owner
   * is told. Throws `user_exists` elsewhere, `username_taken`.
   */
  async add(
    realm: Realm,
    { userId: id, body, mayMail, columns, proof, first, known }: Registration,
    client: Client,
  ): Promise<{ user: UserRow; address: AddressQuota } | null> {
    const { d1, outbox, addressKeys, linkKeys } = this.#deps;
    const { db } = primary(d1);
    const hides = realm.registration === 'verify_first';
    // Asked before the insert, which reports one violation only: a taken name must not tell of a taken address.
    if (hides && body.username && (await usernameExists(db, realm.id, body.username))) {
      throw new ApiError('username_taken');
    }
    const now = first?.at ?? Date.now();
    const { email, username, name, given_name, family_name, phone_number, country, locale } = body;
    const greeted = {
      id,
      realmId: realm.id,
      email,
      locale: locale ?? null,
      name: greetedName({ name, givenName: given_name }),
    };
    const mail = welcomeMail(greeted, registrationLink(linkKeys, realm.issuer, greeted, now), now);
    try {
      const addressNames = namesOfAddress(addressKeys, realm.id, email);
      const { user, spent } = await insertRegistration(
        db,
        {
          id,
          realmId: realm.id,
          email,
          // Had only by an account whose address is proven: else a taken name would tell that the address was new.
          ...(hides ? { wantedUsername: username } : { username }),
          name,
          givenName: given_name,
          familyName: family_name,
          phoneNumber: phone_number,
          country,
          locale,
          ...columns,
          createdAt: now,
          ...madeBy(client),
          updatedAt: now,
          lastLoginAt: hides ? null : now,
        },
        proof,
        { mail: mayMail ? mail : null, addressNames },
        first ? { first, lifetimes: realm.lifetimes, client } : null,
      );
      if (mayMail) outbox.sendSoon([mail]);
      outbox.deliverByQueue();
      return { user, address: addressQuota(realm.id, addressNames, spent) };
    } catch (error) {
      if (!hides || !(error instanceof ApiError && error.code === 'user_exists')) throw error;
      await known?.(db);
      // After the answer, which must not take longer for an address that is known.
      if (mayMail) afterResponse(() => this.#tellOwner(realm, email));
      return null;
    }
  }

  /** In a realm that says nothing to who registers with a known address, its owner is told by mail. */
  async #tellOwner(realm: Realm, email: string): Promise<void> {
    const { d1, outbox } = this.#deps;
    const { db } = primary(d1);
    const user = await findByEmail(db, realm.id, email);
    if (!user) return;
    const mail = accountExistsMail(user, realm.issuer, Date.now());
    await storeMessage(db, mail);
    outbox.sendSoon([mail]);
  }
}
