import type { PasswordObjects } from '../account/contract.ts';
import { primary } from '../db/client.ts';
import { type Directory, findByEmail, findById } from '../directory/service.ts';
import { opensByPhone } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted, fieldError } from '../errors.ts';
import type { Hooks } from '../hooks/service.ts';
import type { Principal } from '../http/context.ts';
import type { FailureBudget } from '../http/failure-budget.ts';
import { requireFresh } from '../http/level.ts';
import type { Suspicions } from '../http/suspicions.ts';
import { afterResponse } from '../lib/after-response.ts';
import { type Client, placeOf } from '../lib/client.ts';
import { clientKey } from '../lib/client-address.ts';
import { describeDevice } from '../lib/device.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';
import type { MailBudget, SmsBudget } from '../messages/budgets.ts';
import { type Content, message, type Outbox, storeMessage } from '../messages/outbox.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { Asker, Channel, CodeObjects, IssuedCode } from './contract.ts';
import {
  addressByCode,
  addressProofByCode,
  findByVerifiedPhone,
  phoneProof,
  phoneProofApart,
} from './store.ts';

/** What sign-in by code is made of. */
export interface CodeDependencies {
  d1: D1Database;
  sessions: Sessions;
  outbox: Outbox;
  directory: Directory;
  objects: PasswordObjects;
  codes: CodeObjects;
  failures: FailureBudget;
  suspicions: Suspicions;
  hooks: Hooks;
  mailBudget: MailBudget;
  smsBudget: SmsBudget;
  /** Codes that one address gets a day. */
  codesPerDay: number;
  /** Calling codes (`+49`) that texts may go to; `*` for all. */
  callingCodes: string[];
}

/** An address that a code goes to. */
export interface CodeTarget {
  channel: Channel;
  to: string;
}

/** Makes the address of a link that stands for a code. */
export type LinkMaker = (issued: Pick<IssuedCode, 'challengeId' | 'expiresAt'>) => Promise<string>;

/** Who asks or guesses, and the account whose proofs of its own the code is among, if any. */
interface Place {
  asker: Asker;
  account: string | null;
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
   * Sends a code to a user who has proved that address, or whose profile has that number when they are signed in; to whatever
   * address a signed-in user gives who has none. With
   * `userId` it is sent to a number in the profile of that account also when nobody is signed in, if the account is active
   * and has proved its e-mail address. Gives what names the code, and the seconds after which another may be asked for, the
   * same for addresses that nobody has. Throws `validation_failed` for a country that no texts go to. With `linkOf` a link is mailed
   * in place of the code; it is given what names it, and when it ends.
   */
  async send(
    target: CodeTarget,
    realm: Realm,
    client: Client,
    by: { userId: string; sessionId: string } | null,
    userId: string | null = null,
    linkOf?: LinkMaker,
  ): Promise<{ challengeId: string; resendAfter: number }> {
    const { codes, codesPerDay, suspicions } = this.#deps;
    if (target.channel === 'sms' && !this.canText(target.to)) {
      throw fieldError('to', 'country_not_supported', 'No text messages can be sent to this country');
    }
    const { asker, account } = await this.#place(target, client, by, userId);
    const object = codes(realm, target.channel, target.to, account);
    const { code, ...issued } = await object.issue(codesPerDay, asker, linkOf ? 'link' : 'code');
    const find = () =>
      account && asker.isProver ? this.#holder(target, realm, account) : this.#find(target, realm, account);
    if (!code) suspicions.note(realm.id, target.to);
    // After the answer, which must not take longer for an address that somebody has.
    if (code) afterResponse(() => this.#deliver(target, { ...issued, code, linkOf }, realm, client, find));
    return { challengeId: issued.challengeId, resendAfter: issued.resendAfter };
  }

  /** Signs in by a code, which a session may have asked for. Throws `invalid_code`, `account_suspended`, `rate_limited`. */
  async signIn(
    target: CodeTarget,
    entry: CodeEntry,
    realm: Realm,
    client: Client,
    by: { sessionId: string } | null = null,
  ): Promise<SignedIn> {
    await this.#take(target, entry, realm, { asker: askerOf(client, by?.sessionId ?? null), account: null });
    return this.enter(target, realm, client);
  }

  /**
   * Signs in who has shown that what was sent to an address has come to them. Throws `invalid_code` for an address that nobody
   * has, `account_suspended`.
   */
  async enter(target: CodeTarget, realm: Realm, client: Client): Promise<SignedIn> {
    const { directory } = this.#deps;
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
    return this.#open(user, target.channel, realm, client);
  }

  /**
   * Takes a code that was sent to the number in the profile of `userId`: signs in where the number opens the account. Where it
   * does not, the number counts as proven, and null is returned: as nobody was signed in, it opens the account no more than
   * before. Throws `invalid_code`, `account_suspended`, `rate_limited`.
   */
  async signInOrProve(
    to: string,
    userId: string,
    entry: CodeEntry,
    realm: Realm,
    client: Client,
  ): Promise<SignedIn | null> {
    const { directory } = this.#deps;
    const target: CodeTarget = { channel: 'sms', to };
    await this.#take(target, entry, realm, { asker: askerOf(client, null), account: userId });
    const user = await this.#find(target, realm, userId);
    if (!user) throw new ApiError('invalid_code');
    if (opensByPhone(user)) return this.#open(user, 'sms', realm, client);
    const proven = await directory.change(userId, {
      ...phoneProofApart(user, to),
      mail: directory.noticeMail(user, { change: 'phone_number_added', about: to, client }),
      activity: { type: 'phone_number_verified', client },
    });
    if (!proven.user) throw new ApiError('invalid_code');
    return null;
  }

  async #open(user: UserRow, channel: Channel, realm: Realm, client: Client): Promise<SignedIn> {
    const { directory, objects, sessions } = this.#deps;
    if (user.status === 'suspended') throw new ApiError('account_suspended');
    const opened = accepted(
      await objects(user.id).open(directory.stateOf(user), {
        client,
        methods: channel === 'sms' ? ['otp', 'sms'] : ['otp'],
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
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
    const asker = { ...askerOf(client, by.sessionId), isOwner: true };
    await this.#take({ channel, to }, entry, realm, { asker, account: null });
  }

  /**
   * Gives a signed-in user who has no address the one that a code went to; null for everybody else. Throws `invalid_code`,
   * `rate_limited`, `reauthentication_required`, `user_exists` to who holds an address that has an account, `conflict`.
   */
  async giveAddress(
    target: CodeTarget,
    entry: CodeEntry,
    by: Principal,
    realm: Realm,
    client: Client,
  ): Promise<UserRow | null> {
    if (target.channel !== 'email') return null;
    const { directory, hooks } = this.#deps;
    const { userId, sessionId } = by;
    const before = await directory.get(userId, by.bookmark);
    if (!isPlaceholder(before.email)) return null;
    requireFresh({ role: 'user' }, by, realm);
    const asker = { ...askerOf(client, sessionId), isProver: true };
    await this.#take(target, entry, realm, { asker, account: userId });
    const asked = { method: 'code', email: target.to, emailVerified: true, client } as const;
    const granted = await hooks.upgrade(before, realm, asked);
    const change = addressByCode(before, target.to);
    const { user } = await directory.change(userId, {
      ...change,
      set: { ...change.set, ...granted },
      keepSession: sessionId,
      activity: { type: before.anonymous ? 'registered' : 'email_changed', client },
    });
    if (!user) throw new ApiError('conflict');
    return user;
  }

  /** Proves the phone number in a signed-in user's profile. Throws `invalid_code`, `rate_limited`. */
  async provePhoneNumber(
    target: CodeTarget,
    entry: CodeEntry,
    by: { userId: string; sessionId: string; credentialVersion: number },
    realm: Realm,
    client: Client,
  ): Promise<UserRow> {
    await this.#take(target, entry, realm, await this.#place(target, client, by));
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

  /**
   * Where the codes of an address lie for who asks: in the object of the address; those that prove a number to an account, or give
   * an address to one that has none, in one of their own, which nobody who has only the number or the address can reach.
   */
  async #place(
    { channel, to }: CodeTarget,
    client: Client,
    by: { userId: string; sessionId: string } | null,
    userId: string | null = null,
  ): Promise<Place> {
    const asker = askerOf(client, by?.sessionId ?? null);
    if (!by) return { asker, account: userId };
    const user = await this.#deps.directory.get(by.userId, null);
    if (provenAddress(user, channel) === to) return { asker: { ...asker, isOwner: true }, account: null };
    return channel === 'sms' || isPlaceholder(user.email)
      ? { asker: { ...asker, isProver: true }, account: by.userId }
      : { asker, account: null };
  }

  async #take(
    { channel, to }: CodeTarget,
    entry: CodeEntry,
    realm: Realm,
    { asker: by, account }: Place,
  ): Promise<void> {
    const { codes, failures } = this.#deps;
    const { code, challenge_id: challengeId = null } = entry;
    const strangersWait = failures.wait(realm.id, 'code');
    const object = codes(realm, channel, to, account);
    const result = await object.take({ code, challengeId, by, strangersWait });
    if (result === 'right') return;
    if (result === 'barred') throw new ApiError('rate_limited', { retryAfter: strangersWait ?? 1 });
    failures.count(realm.id, 'code');
    throw new ApiError('invalid_code');
  }

  async #find({ channel, to }: CodeTarget, realm: Realm, userId: string | null): Promise<UserRow | null> {
    const { db } = primary(this.#deps.d1);
    if (channel === 'email') return findByEmail(db, realm.id, to);
    if (!userId) return findByVerifiedPhone(db, realm.id, to);
    const user = await this.#holder({ channel, to }, realm, userId);
    // Anybody can make an account and write somebody's number into it: one that has proved an address is dearer.
    return user?.emailVerified && user.status === 'active' ? user : null;
  }

  /** The user of that id, if their profile has the number, or no address yet. */
  async #holder({ channel, to }: CodeTarget, realm: Realm, userId: string): Promise<UserRow | null> {
    const user = await findById(primary(this.#deps.d1).db, userId);
    if (user?.realmId !== realm.id) return null;
    return (channel === 'sms' ? user.phoneNumber === to : isPlaceholder(user.email)) ? user : null;
  }

  async #deliver(
    target: CodeTarget,
    { challengeId, code, expiresAt, linkOf }: IssuedCode & { code: string; linkOf: LinkMaker | undefined },
    realm: Realm,
    client: Client,
    find: () => Promise<UserRow | null>,
  ): Promise<void> {
    const { d1, mailBudget, outbox, smsBudget } = this.#deps;
    const { channel, to } = target;
    const user = await find();
    if (!user) return;
    const request = { realmId: realm.id, to, client, userId: user.id };
    const budget = channel === 'sms' ? smsBudget.take(request) : mailBudget.take('code', request);
    if (!(await budget)) return;
    const now = Date.now();
    const minutes = Math.ceil((expiresAt - now) / MINUTE);
    const from = { place: placeOf(client), device: describeDevice(client.userAgent) };
    const link = await linkOf?.({ challengeId, expiresAt });
    const content: Content = link
      ? { channel: 'mail', template: 'sign_in_link', data: { link, minutes, ...from } }
      : channel === 'sms'
        ? { channel: 'sms', template: 'one_time_code', data: { code, minutes } }
        : { channel: 'mail', template: 'one_time_code', data: { code, minutes, ...from } };
    const envelope = {
      realmId: realm.id,
      userId: user.id,
      to,
      locale: user.locale,
      expiresAt,
    };
    const row = message(content, envelope, now);
    await storeMessage(primary(d1).db, row);
    outbox.sendSoon([row]);
  }
}

/** Where codes of a channel reach a user for certain, or null. */
export function provenAddress(user: UserRow, channel: Channel): string | null {
  if (channel === 'email') return user.emailVerified ? user.email : null;
  return opensByPhone(user) ? user.phoneNumber : null;
}

/** Whoever asks for a code, or guesses one, as the network tells. */
export function askerOf({ device, ip }: Client, sessionId: string | null): Asker {
  const network = clientKey(ip);
  return { device: device ?? network, network, sessionId, isOwner: false, isProver: false };
}
