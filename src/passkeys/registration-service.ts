import type { z } from 'zod';
import type { PasskeyObjects } from '../account/contract.ts';
import { isTaken } from '../db/unique.ts';
import type { Directory } from '../directory/service.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Hooks, RegistrationGrant } from '../hooks/service.ts';
import type { Suspicions } from '../http/suspicions.ts';
import type { Client } from '../lib/client.ts';
import { newId, newUserId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { steadily } from '../lib/steady.ts';
import type { MailBudget } from '../messages/budgets.ts';
import {
  firstSession,
  type Registration,
  type RegistrationDependencies,
  Registrations,
} from '../passwords/registration-service.ts';
import type { Pending, SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { unnamed } from './authenticators.ts';
import { creationOptions, methodsOf, verifyCreation } from './ceremony.ts';
import type { PasskeyFlows } from './flow.ts';
import type { CreatedPasskey } from './schemas.ts';
import { passkeys } from './tables.ts';

/** What registration by a passkey is made of. */
export interface PasskeyRegistrationDependencies extends RegistrationDependencies {
  sessions: Sessions;
  directory: Directory;
  objects: PasskeyObjects;
  mailBudget: MailBudget;
  suspicions: Suspicions;
  hooks: Hooks;
  flows: PasskeyFlows;
}

/** Somebody who has made a passkey to register by, and the row of it. */
interface Made extends Pick<Registration, 'userId' | 'body'> {
  granted: RegistrationGrant;
  passkey: Awaited<ReturnType<typeof verifyCreation>>;
  row: (now: number) => typeof passkeys.$inferInsert;
}

/** Accounts that are made by a passkey alone. */
export class PasskeyRegistrations {
  readonly #deps: PasskeyRegistrationDependencies;
  readonly #registrations: Registrations;

  constructor(deps: PasskeyRegistrationDependencies) {
    this.#deps = deps;
    this.#registrations = new Registrations(deps);
  }

  /**
   * What a browser needs to make the passkey that somebody registers by. The same for new and known addresses. Throws
   * `registration_closed`.
   */
  async begin(body: Registration['body'], realm: Realm, device: string | null) {
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    const userId = newUserId(realm.jurisdiction);
    const { challenge, flow } = await this.#deps.flows.begin(
      'register',
      realm,
      { device },
      { registration: { userId, body } },
    );
    const user = { id: userId, email: body.email, name: body.name ?? null };
    return { flow, public_key: creationOptions(realm, user, challenge, []) };
  }

  /**
   * Makes a user by a passkey and opens their first session; in a realm that verifies first only the former, and for new and known
   * addresses the answer is alike. Throws `invalid_passkey`, `passkey_exists`, `registration_closed`, `registration_refused`,
   * `user_exists`, `username_taken`.
   */
  async register(
    { flow, credential, name }: z.output<typeof CreatedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ): Promise<SignedIn | Pending> {
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    const begun = await this.#deps.flows.open(flow, 'register', realm, { device: client.device ?? null });
    const { challenge, device, registration } = begun;
    if (!registration || (inCookie && device === null)) throw new ApiError('invalid_passkey');
    const passkey = await verifyCreation(realm, credential, challenge);
    const { userId, body } = registration;
    const { email, ...profile } = body;
    const asked = { method: 'passkey', email, emailVerified: false, profile, client } as const;
    const granted = await this.#deps.hooks.registration(realm, asked);
    const row = (now: number) => ({
      ...passkey,
      id: newId('psk', now),
      userId,
      realmId: realm.id,
      transports: credential.response.transports ?? [],
      name: name ?? unnamed(passkey.aaguid),
      createdAt: now,
    });
    const work = () => this.#register({ userId, body, granted, passkey, row }, realm, client);
    return realm.registration === 'verify_first' ? steadily(work) : work();
  }

  async #register(
    { userId, body, granted, passkey, row }: Made,
    realm: Realm,
    client: Client,
  ): Promise<SignedIn | Pending> {
    const { directory, mailBudget, objects, sessions, suspicions } = this.#deps;
    const request = { realmId: realm.id, to: body.email, client, userId: null };
    const mayMail = await mailBudget.take('other', request);
    if (!mayMail) suspicions.note(realm.id, body.email);
    const methods = methodsOf(passkey);
    // One that takes a second step is yet to be opened.
    const first = methods.includes('mfa') ? firstSession(realm) : undefined;
    const added = await this.#registrations
      .add(
        realm,
        {
          userId,
          body,
          mayMail,
          columns: { passkeyCount: 1, ...granted },
          first,
          proof: (db, now) => db.insert(passkeys).values(row(now)),
        },
        client,
      )
      .catch((error: unknown) => {
        // The authenticator has given it before, or the very request came twice.
        throw isTaken(error) ? new ApiError('passkey_exists') : error;
      });
    if (realm.registration === 'verify_first' || !added) return { userId };
    const { user, address } = added;
    const opened = accepted(
      await objects(userId).open(directory.stateOf(user), {
        client,
        methods,
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        activity: 'registered',
        ...(first && { first: { ...first, address } }),
      }),
    );
    return { user, grant: await sessions.grantFirst(realm, opened) };
  }
}
