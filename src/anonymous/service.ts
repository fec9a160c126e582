import { eq } from 'drizzle-orm';
import type { z } from 'zod';
import type { FactorObject, PasswordObject, SessionObject } from '../account/contract.ts';
import { primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { dropLinksIf, newLink, storeLinkIf } from '../directory/links.ts';
import { accountExistsMail, confirmAddressMail, welcomeMail } from '../directory/notices.ts';
import { type Directory, findByEmail, madeBy } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { ApiError, accepted } from '../errors.ts';
import { userCreated } from '../events/emit.ts';
import type { Hooks, RegistrationGrant } from '../hooks/service.ts';
import type { Principal } from '../http/context.ts';
import type { Suspicions } from '../http/suspicions.ts';
import type { Client } from '../lib/client.ts';
import { placeholderOf } from '../lib/email-address.ts';
import { newUserId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { steadily } from '../lib/steady.ts';
import type { MailBudget } from '../messages/budgets.ts';
import { greetedName } from '../messages/greeted-name.ts';
import type { AnonymousRegisterBody } from '../passwords/schemas.ts';
import { type PasswordPolicy, type SignedIn, storeShadowIf, usernameExists } from '../passwords/service.ts';
import { passwords } from '../passwords/tables.ts';
import type { Sessions } from '../sessions/service.ts';

type Registration = z.output<typeof AnonymousRegisterBody>;

/** Who registers, in a session that nothing else opens. */
type By = Pick<Principal, 'userId' | 'sessionId' | 'anonymous'>;

/** What it is made of. */
export interface AnonymousDependencies {
  d1: D1Database;
  sessions: Sessions;
  directory: Directory;
  objects: (userId: string) => SessionObject & PasswordObject & Pick<FactorObject, 'addMethods'>;
  mailBudget: MailBudget;
  passwordPolicy: PasswordPolicy;
  suspicions: Suspicions;
  hooks: Hooks;
}

/** Users who use a realm before they register, and how they do so later. */
export class AnonymousUsers {
  readonly #deps: AnonymousDependencies;

  constructor(deps: AnonymousDependencies) {
    this.#deps = deps;
  }

  /** Makes a user whom nothing but the session opens that is opened with them. Throws `registration_closed`, `registration_refused`. */
  async begin(locale: string | null, realm: Realm, client: Client): Promise<SignedIn> {
    const { d1, directory, hooks, objects, sessions } = this.#deps;
    if (realm.anonymousUsers !== 'on') {
      throw new ApiError('registration_closed', { detail: 'The realm has no anonymous users.' });
    }
    const profile = { locale };
    const asked = { method: 'anonymous', email: null, emailVerified: false, profile, client } as const;
    const granted = await hooks.registration(realm, asked);
    const id = newUserId(realm.jurisdiction);
    const now = Date.now();
    const row = {
      id,
      realmId: realm.id,
      email: placeholderOf(id),
      anonymous: true,
      locale,
      ...granted,
      createdAt: now,
      ...madeBy(client),
      updatedAt: now,
      lastLoginAt: now,
    };
    const { db } = primary(d1);
    const [[user]] = await db.batch([
      db.insert(users).values(row).returning(),
      userCreated(db, row, 'anonymous'),
    ]);
    const session = accepted(
      await objects(id).open(directory.stateOf(user as UserRow), {
        client,
        // They have proved nothing.
        methods: [],
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        activity: 'anonymous_created',
      }),
    );
    return { user: user as UserRow, grant: await sessions.grant(realm, session) };
  }

  /**
   * Gives an anonymous user an address and a password, as registration does. In a realm that verifies first they stay as they are
   * until the link in the mail is used (`pending`), for new and known addresses alike: what the hook gives them is theirs then, too,
   * for it is asked once more. Throws `registration_closed`, `registration_refused`, `validation_failed`, `user_exists`, `username_taken`, and `conflict` for a user who is not anonymous, or not any more.
   */
  async register(body: Registration, by: By, realm: Realm, client: Client): Promise<UserRow | 'pending'> {
    const { hooks, passwordPolicy } = this.#deps;
    if (!by.anonymous) throw new ApiError('conflict', { detail: 'The user has registered.' });
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    await passwordPolicy.require('password', body.password, body, realm);
    const { email, password: _, ...profile } = body;
    const asked = { method: 'password', email, emailVerified: false, profile, client } as const;
    const granted = await hooks.registration(realm, { ...asked, userId: by.userId });
    const work = () => this.#register(body, by, granted, realm, client);
    return realm.registration === 'verify_first' ? steadily(work) : work();
  }

  async #register(
    body: Registration,
    by: By,
    granted: RegistrationGrant,
    realm: Realm,
    client: Client,
  ): Promise<UserRow | 'pending'> {
    const { mailBudget, objects, suspicions } = this.#deps;
    const { userId, sessionId } = by;
    const request = { realmId: realm.id, to: body.email, client, userId };
    // Before it is known whether the address is: both cost the same.
    const [hash, mayMail] = await Promise.all([
      objects(userId).hashPassword(body.password) as Promise<string>,
      mailBudget.take('other', request),
    ]);
    if (!mayMail) suspicions.note(realm.id, body.email);
    const given = { userId, sessionId, body, granted, hash, mayMail };
    if (realm.registration === 'verify_first') return this.#propose(realm, given);
    const user = await this.#complete(realm, given, client);
    // They have just chosen it.
    await objects(userId).addMethods(sessionId, ['pwd']);
    return user;
  }

  /** Keeps what was given until the address is proven. What their profile says tells nothing of the address. */
  async #propose(realm: Realm, given: Given): Promise<'pending'> {
    const { d1, directory } = this.#deps;
    const { userId, sessionId, body, hash, mayMail } = given;
    const { db } = primary(d1);
    if (body.username && (await usernameExists(db, realm.id, body.username))) {
      throw new ApiError('username_taken');
    }
    const [owner, before] = await Promise.all([
      findByEmail(db, realm.id, body.email),
      directory.get(userId, null),
    ]);
    const now = Date.now();
    const link = newLink(realm.issuer, 'change_email', now);
    const mail = owner
      ? accountExistsMail(owner, realm.issuer, now)
      : confirmAddressMail({ ...before, ...namesOf(body) }, body.email, link, now);
    const { user } = await directory.change(userId, {
      // Theirs when the address is proven, if it is free then.
      set: { ...profileOf(body), wantedUsername: body.username ?? null },
      guard: eq(users.anonymous, true),
      before: (db, stands) => [
        storeShadowIf(db, userId, hash, stands),
        owner
          ? dropLinksIf(db, userId, ['change_email'], stands)
          : storeLinkIf(db, link, userId, body.email, stands),
      ],
      mail: mayMail ? mail : undefined,
      keepSession: sessionId,
      now,
    });
    if (!user) throw new ApiError('conflict');
    return 'pending';
  }

  async #complete(realm: Realm, given: Given, client: Client): Promise<UserRow> {
    const { userId, sessionId, body, granted, hash, mayMail } = given;
    const { email, username } = body;
    const { directory } = this.#deps;
    const now = Date.now();
    const link = newLink(realm.issuer, 'verify_email', now);
    const greeted = {
      id: userId,
      realmId: realm.id,
      email,
      locale: body.locale ?? (await directory.get(userId, null)).locale,
      name: greetedName(namesOf(body)),
    };
    const { user } = await directory.change(userId, {
      set: {
        ...profileOf(body),
        ...(username !== undefined && { username }),
        ...granted,
        email,
        anonymous: false,
      },
      guard: eq(users.anonymous, true),
      before: (db, stands) => [
        insertIf(db, passwords, { userId, hash, updatedAt: now }, stands),
        storeLinkIf(db, link, userId, email, stands),
      ],
      mail: mayMail ? welcomeMail(greeted, link, now) : undefined,
      keepSession: sessionId,
      activity: { type: 'registered', client },
      now,
    });
    if (!user) throw new ApiError('conflict');
    return user;
  }
}

/** What somebody registers with, and in which session. */
interface Given {
  userId: string;
  sessionId: string;
  body: Registration;
  granted: RegistrationGrant;
  hash: string;
  mayMail: boolean;
}

function namesOf({ name, given_name: givenName }: Registration) {
  return { name: name ?? null, givenName: givenName ?? null };
}

/** The columns of what somebody says of themselves; what they leave out stays. */
function profileOf({ name, given_name, family_name, phone_number, country, locale }: Registration) {
  const given = {
    name,
    givenName: given_name,
    familyName: family_name,
    phoneNumber: phone_number,
    country,
    locale,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
