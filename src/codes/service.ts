import type { PasswordObjects } from '../account/contract.ts';
import { primary } from '../db/client.ts';
import { type Directory, directoryState, findByEmail, findById } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted, fieldError } from '../errors.ts';
import type { FailureBudget } from '../http/failure-budget.ts';
import { afterResponse } from '../lib/after-response.ts';
import { type Client, placeOf } from '../lib/client.ts';
import { clientKey } from '../lib/client-address.ts';
import { describeDevice } from '../lib/device.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';
import type { MailBudget, SmsBudget } from '../messages/budgets.ts';
import { type Content, message, type Outbox, storeMessage } from '../messages/outbox.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { type Asker, type Channel, CODE_LIFETIME, type CodeObjects } from './contract.ts';
import { addressProofByCode, findByVerifiedPhone, phoneProof } from './store.ts';

/** What sign-in by code is made of. */
export interface CodeDependencies {
  d1: D1Database;
  sessions: Sessions;
  outbox: Outbox;
  directory: Directory;
  objects: PasswordObjects;
  codes: CodeObjects;
  failures: FailureBudget;
  mailBudget: MailBudget;
  smsBudget: SmsBudget;
  /** Codes that one address gets a day. */
  codesPerDay: number;
  /** Calling codes (`+49`) that texts may go to; `*` for all. */
  callingCodes: string[];
}

/** An address that a code goes to, and for a phone number the signed-in user who wants to prove it. */
export interface CodeTarget {
  channel: Channel;
  to: string;
}

/** A code as it is typed, and what names it, from clients that know. */
export interface CodeEntry {
  code: string;
  challenge_id?: string | undefined;
}

/** One-time codes by mail and text: sign-in, and proof of a phone number. */
export class OneTimeCodes {
  readonly #deps: CodeDependencies;

  constructor(deps: CodeDependencies) {
    this.#deps = deps;
  }

  /** Whether texts may go to a number: `SMS_CALLING_CODES` says to which countries. */
  canText(phoneNumber: string): boolean {
    return this.#deps.callingCodes.some((code) => code === '*' || phoneNumber.startsWith(code));
  }

  /** Whether there are text messages at all. */
  get sendsTexts(): boolean {
    return this.#deps.callingCodes.length > 0;
  }

  /**
   * Sends a code to a user who has proved that address, or whose profile has that number when they are signed in.
   * Gives what names the code, and the seconds after which another may be asked for, the same for addresses that nobody
   * has. Throws `validation_failed` for a country that no texts go to.
   */
  async send(
    target: CodeTarget,
    realm: Realm,
    client: Client,
    by: { userId: string; sessionId: string } | null,
  ): Promise<{ challengeId: string; resendAfter: number }> {
    const { codes, codesPerDay } = this.#deps;
    if (target.channel === 'sms' && !this.canText(target.to)) {
      throw fieldError('to', 'country_not_supported', 'No text messages can be sent to this country');
    }
    const object = codes(realm.id, target.channel, target.to);
    const issued = await object.issue(codesPerDay, await this.#asker(target, client, by));
    const { code, challengeId, resendAfter } = issued;
    // After the answer, which must not take longer for an address that somebody has.
    if (code) afterResponse(() => this.#deliver(target, code, realm, client, by?.userId ?? null));
    return { challengeId, resendAfter };
  }

  /** Signs in by a code, which a session may have asked for. Throws `invalid_code`, `account_suspended`, `rate_limited`. */
  async signIn(
    target: CodeTarget,
    entry: CodeEntry,
    realm: Realm,
    client: Client,
    by: { sessionId: string } | null = null,
  ): Promise<SignedIn> {
    const { directory, objects, sessions } = this.#deps;
    await this.#take(target, entry, realm, askerOf(client, by?.sessionId ?? null));
    let user = await this.#find(target, realm, null);
    if (!user) throw new ApiError('invalid_code');
    if (target.channel === 'email' && !user.emailVerified) {
      const proven = await directory.change(user.id, {
        ...addressProofByCode(user.id, target.to),
        activity: { type: 'email_verified', client },
      });
      user = proven.user;
      if (!user) throw new ApiError('invalid_code');
    }
    if (user.status === 'suspended') throw new ApiError('account_suspended');
    const opened = accepted(
      await objects(user.id).open(directoryState(user), {
        client,
        methods: target.channel === 'sms' ? ['otp', 'sms'] : ['otp'],
        lifetimes: realm.lifetimes,
        activity: 'signed_in',
      }),
    );
    return { user, grant: await sessions.grant(realm, opened) };
  }

  /** Takes a code that went to a proven address of a user. Throws `invalid_code`, `rate_limited`. */
  async proveAddress(
    user: UserRow,
    channel: Channel,
    entry: CodeEntry,
    by: { sessionId: string },
    realm: Realm,
    client: Client,
  ): Promise<void> {
    const to = provenAddress(user, channel);
    if (to === null) throw new ApiError('invalid_code');
    await this.#take({ channel, to }, entry, realm, { ...askerOf(client, by.sessionId), isOwner: true });
  }

  /** Proves the phone number in a signed-in user's profile. Throws `invalid_code`, `rate_limited`. */
  async provePhoneNumber(
    target: CodeTarget,
    entry: CodeEntry,
    by: { userId: string; sessionId: string; credentialVersion: number },
    realm: Realm,
    client: Client,
  ): Promise<UserRow> {
    await this.#take(target, entry, realm, askerOf(client, by.sessionId));
    const { directory } = this.#deps;
    const before = await directory.get(by.userId, null);
    const notice = { change: 'phone_number_added', about: target.to, client } as const;
    const { user } = await directory.change(by.userId, {
      ...phoneProof(by, realm.id, target.to),
      keepSession: by.sessionId,
      mail: directory.noticeMail(before, notice),
      activity: { type: 'phone_number_verified', client },
    });
    if (!user) throw new ApiError('invalid_code');
    return user;
  }

  async #asker(
    { channel, to }: CodeTarget,
    client: Client,
    by: { userId: string; sessionId: string } | null,
  ): Promise<Asker> {
    const asker = askerOf(client, by?.sessionId ?? null);
    if (!by) return asker;
    const user = await this.#deps.directory.get(by.userId, null);
    return { ...asker, isOwner: provenAddress(user, channel) === to };
  }

  async #take({ channel, to }: CodeTarget, entry: CodeEntry, realm: Realm, by: Asker): Promise<void> {
    const { codes, failures } = this.#deps;
    const { code, challenge_id: challengeId = null } = entry;
    const strangersWait = failures.wait(realm.id, 'code');
    const result = await codes(realm.id, channel, to).take({ code, challengeId, by, strangersWait });
    if (result === 'right') return;
    if (result === 'barred') throw new ApiError('rate_limited', { retryAfter: strangersWait ?? 1 });
    failures.count(realm.id, 'code');
    throw new ApiError('invalid_code');
  }

  async #find({ channel, to }: CodeTarget, realm: Realm, userId: string | null): Promise<UserRow | null> {
    const { db } = primary(this.#deps.d1);
    if (channel === 'email') return findByEmail(db, realm.id, to);
    if (!userId) return findByVerifiedPhone(db, realm.id, to);
    const user = await findById(db, userId);
    return user?.phoneNumber === to ? user : null;
  }

  async #deliver(
    target: CodeTarget,
    code: string,
    realm: Realm,
    client: Client,
    userId: string | null,
  ): Promise<void> {
    const { d1, mailBudget, outbox, smsBudget } = this.#deps;
    const { channel, to } = target;
    const user = await this.#find(target, realm, userId);
    if (!user) return;
    const request = { realmId: realm.id, to, client, userId: user.id };
    const budget = channel === 'sms' ? smsBudget.take(request) : mailBudget.take('code', request);
    if (!(await budget)) return;
    const minutes = CODE_LIFETIME / MINUTE;
    const content: Content =
      channel === 'sms'
        ? { channel: 'sms', template: 'one_time_code', data: { code, minutes } }
        : {
            channel: 'mail',
            template: 'one_time_code',
            data: { code, minutes, place: placeOf(client), device: describeDevice(client.userAgent) },
          };
    const now = Date.now();
    const envelope = {
      realmId: realm.id,
      userId: user.id,
      to,
      locale: user.locale,
      expiresAt: now + CODE_LIFETIME,
    };
    const row = message(content, envelope, now);
    await storeMessage(primary(d1).db, row);
    outbox.sendSoon([row]);
  }
}

/** Where codes of a channel reach a user for certain, or null. */
export function provenAddress(user: UserRow, channel: Channel): string | null {
  if (channel === 'email') return user.emailVerified ? user.email : null;
  return user.phoneNumberVerified ? user.phoneNumber : null;
}

function askerOf({ device, ip }: Client, sessionId: string | null): Asker {
  const network = clientKey(ip);
  return { device: device ?? network, network, sessionId, isOwner: false };
}
