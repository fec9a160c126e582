import type { PasswordObjects } from '../account/contract.ts';
import type { Keyring } from '../crypto/keys.ts';
import { type Database, primary } from '../db/client.ts';
import { type LinkPurpose, oneTimeTokens } from '../directory/link-tables.ts';
import { LINK_LIFETIME, newLink, peekLink, rememberedLink, takeLink } from '../directory/links.ts';
import { accountExistsMail, confirmAddressMail } from '../directory/notices.ts';
import { findRegistrationLink, isRegistrationToken } from '../directory/registration-links.ts';
import { maskEmail } from '../directory/schemas.ts';
import { type Directory, findByEmail, findById, type UserChange } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Hooks } from '../hooks/service.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { steadily } from '../lib/steady.ts';
import { HOUR, MINUTE } from '../lib/time.ts';
import type { MailBudget } from '../messages/budgets.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { type Content, message, type Outbox, storeNothing } from '../messages/outbox.ts';
import { findPassword, noPassword } from '../passwords/service.ts';
import { type LinkPreview, readPreview, type SpentLink } from './preview.ts';
import {
  accountDisowned,
  addressChange,
  addressProof,
  addressUndo,
  storeChangeLink,
  storeLinkMail,
} from './store.ts';

export type { LinkPreview, SpentLink, WayIn } from './preview.ts';

/** What the proving of addresses is made of. */
export interface VerificationDependencies {
  d1: D1Database;
  outbox: Outbox;
  directory: Directory;
  objects: PasswordObjects;
  mailBudget: MailBudget;
  hooks: Hooks;
  /** Has signed the links of who registered. */
  linkKeys: Keyring;
}

/** E-mail addresses: proven, changed, given back. */
export class EmailVerification {
  readonly #deps: VerificationDependencies;

  constructor(deps: VerificationDependencies) {
    this.#deps = deps;
  }

  /** Mails a new link to a user whose address is not verified; takes the same steps for everybody else. */
  resend(email: string, realm: Realm, client: Client): Promise<void> {
    return steadily(() => this.#resend(email, realm, client));
  }

  async #resend(email: string, realm: Realm, client: Client): Promise<void> {
    const { d1, mailBudget, outbox } = this.#deps;
    const request = { realmId: realm.id, to: email, client, userId: null };
    const mayMail = await mailBudget.take('other', request);
    const { db } = primary(d1);
    const user = await findByEmail(db, realm.id, email);
    const now = Date.now();
    if (!user || user.emailVerified || !mayMail) return storeNothing(db, realm.id, now);
    const link = newLink(realm.issuer, 'verify_email', now);
    const data = { name: greetedName(user), link: link.url, hours: LINK_LIFETIME.verify_email / HOUR };
    const content: Content = { channel: 'mail', template: 'verify_email', data };
    const mail = mailTo(user, user.email, content, now, link.expiresAt);
    await storeLinkMail(db, link, user.id, user.email, mail);
    outbox.sendSoon([mail]);
  }

  /**
   * What the holder of a link is shown before they use it: whose account it is, and what opens it; or what became of a link
   * that does nothing any more. It decides nothing.
   */
  async preview(token: string, purposes: LinkPurpose[], realm: Realm): Promise<LinkPreview | SpentLink> {
    const { db } = primary(this.#deps.d1);
    const link = isRegistrationToken(token)
      ? purposes.includes('verify_email') &&
        (await findRegistrationLink(db, this.#deps.linkKeys, token))?.link
      : await rememberedLink(db, token, purposes);
    return link ? readPreview(db, link, realm.id, Date.now()) : { spent: 'over' };
  }

  /**
   * Takes the token of a link that proves an address: the present one, or a new one that the user asked for. Throws
   * `invalid_link`, `registration_refused` for an anonymous user, and `user_exists` when somebody else has the new address.
   */
  async verify(token: string, realm: Realm, client: Client): Promise<UserRow> {
    const { d1, directory, hooks } = this.#deps;
    const { db } = primary(d1);
    const { user, link } = await this.#owner(db, token, ['verify_email', 'change_email'], realm);
    // Until now they were not registered: what came of being asked then was for nobody.
    const profile = { username: user.wantedUsername ?? undefined, name: user.name ?? undefined };
    const asked = { method: 'password', email: link.email, emailVerified: true, profile, client } as const;
    const granted = await hooks.upgrade(user, realm, asked);
    const now = Date.now();
    const isProof = link.purpose === 'verify_email';
    if (isProof && link.email !== user.email) throw new ApiError('invalid_link');
    const change = isProof
      ? addressProof(db, { token, user, now })
      : this.#change(db, token, user, link.email, realm, now);
    const { user: changed } = await directory.change(user.id, {
      ...change,
      set: { ...change.set, ...granted },
      activity: {
        type: isProof ? 'email_verified' : user.anonymous ? 'registered' : 'email_changed',
        client,
      },
    });
    if (!changed) throw new ApiError('invalid_link');
    return changed;
  }

  /**
   * Takes the token of a link that proves an address, for its owner who did not make the account: everything that opens it
   * ends, and the token of a link to set a password is theirs. An account that only asked for their address does not get
   * it, and is left alone: then there is no such token. Throws `invalid_link`.
   */
  async disown(
    token: string,
    realm: Realm,
    client: Client,
  ): Promise<{ email: string; resetToken: string | null }> {
    const { d1, directory } = this.#deps;
    const { db } = primary(d1);
    const { user, link } = await this.#owner(db, token, ['verify_email', 'change_email'], realm);
    const { email } = link;
    if (link.purpose === 'change_email') {
      // Whoever confirmed it meanwhile has the address: nothing was disowned then.
      if ((await takeLink(db, token).returning({ email: oneTimeTokens.email })).length === 0) {
        throw new ApiError('invalid_link');
      }
      return { email, resetToken: null };
    }
    const now = Date.now();
    const reset = newLink(realm.issuer, 'reset_password', now);
    const { user: disowned } = await directory.change(user.id, {
      ...accountDisowned(db, { token, user, reset, now }),
      activity: { type: 'account_disowned', client },
    });
    if (!disowned) throw new ApiError('invalid_link');
    return { email, resetToken: reset.token };
  }

  /**
   * Mails a link to a new address, which becomes the user's when it is followed. Throws `invalid_credentials` for a
   * wrong password, `too_many_attempts`. Says nothing of whether somebody else has the address: they are told.
   */
  async requestChange(
    body: { password: string; email: string },
    by: { userId: string; sessionId: string },
    realm: Realm,
    client: Client,
  ): Promise<void> {
    const { d1, mailBudget, objects, outbox } = this.#deps;
    const { db } = primary(d1);
    const found = await findPassword(db, by.userId);
    if (!found) throw noPassword();
    const { hash } = found;
    const proof = { hash, password: body.password, client, sessionId: by.sessionId };
    accepted(await objects(by.userId).provePassword(proof));
    const { user } = found;
    const now = Date.now();
    const owner = await findByEmail(db, realm.id, body.email);
    const request = { realmId: realm.id, to: body.email, client, userId: by.userId };
    if (!(await mailBudget.take('other', request))) return storeNothing(db, realm.id, now);
    if (owner) {
      const mail = accountExistsMail(owner, realm.issuer, now);
      await storeNothing(db, realm.id, now, mail);
      return outbox.sendSoon([mail]);
    }
    const link = newLink(realm.issuer, 'change_email', now);
    const mail = confirmAddressMail(user, body.email, link, now);
    await storeChangeLink(db, link, user, body.email, mail);
    outbox.sendSoon([mail]);
  }

  /**
   * Takes the token of the link that the old address got: gives it back, ends all sessions, drops the password, and
   * mails a link to set a new one. Throws `invalid_link`, `user_exists`.
   */
  async undoChange(token: string, realm: Realm, client: Client): Promise<void> {
    const { d1, directory } = this.#deps;
    const { db } = primary(d1);
    const { user, link } = await this.#owner(db, token, ['undo_email'], realm);
    const now = Date.now();
    const reset = newLink(realm.issuer, 'reset_password', now);
    const minutes = LINK_LIFETIME.reset_password / MINUTE;
    const data = { name: greetedName(user), link: reset.url, minutes, place: null, device: null };
    const content: Content = { channel: 'mail', template: 'reset_password', data };
    const mail = mailTo(user, link.email, content, now, reset.expiresAt);
    const undone = await directory.change(user.id, {
      ...addressUndo(db, { token, user, email: link.email, expiresAt: link.expiresAt, reset, now }),
      mail,
      activity: { type: 'email_change_undone', client },
    });
    if (!undone.user) throw new ApiError('invalid_link');
    const evicted = undone.results[1] as { id: string }[];
    for (const { id } of evicted) await directory.toldDeleted({ userId: id, realmId: realm.id });
  }

  #change(db: Database, token: string, user: UserRow, email: string, realm: Realm, now: number): UserChange {
    const undo = newLink(realm.issuer, 'undo_email', now);
    const hours = LINK_LIFETIME.undo_email / HOUR;
    const data = { name: greetedName(user), email_masked: maskEmail(email), link: undo.url, hours };
    const mail = mailTo(user, user.email, { channel: 'mail', template: 'email_changed', data }, now);
    return { ...addressChange(db, { token, user, email, undo, now }), mail };
  }

  async #owner(db: Database, token: string, purposes: LinkPurpose[], realm: Realm) {
    const found = await this.#find(db, token, purposes, Date.now());
    if (found?.user.realmId !== realm.id) throw new ApiError('invalid_link');
    return found;
  }

  async #find(db: Database, token: string, purposes: LinkPurpose[], now: number) {
    if (isRegistrationToken(token)) {
      const found = await findRegistrationLink(db, this.#deps.linkKeys, token);
      const serves = found && purposes.includes(found.link.purpose);
      return serves && found.link.usedAt === null && found.link.expiresAt > now ? found : null;
    }
    const link = await peekLink(db, token, purposes, now);
    const user = link && (await findById(db, link.userId));
    return user && { user, link };
  }
}

function mailTo(user: UserRow, to: string, content: Content, now: number, expiresAt?: number) {
  const { id, realmId, locale } = user;
  return message(content, { realmId, userId: id, to, locale, ...(expiresAt && { expiresAt }) }, now);
}
