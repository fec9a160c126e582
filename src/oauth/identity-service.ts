import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { type DatabaseSession, primary } from '../db/client.ts';
import { isTaken } from '../db/unique.ts';
import { EmailField, ProfileFields, ProfilePatch } from '../directory/schemas.ts';
import { type Directory, findByEmail, findById, madeBy } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import type { Hooks, Registering } from '../hooks/service.ts';
import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { newUserId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message, type Outbox } from '../messages/outbox.ts';
import { isSameAddress } from './claims.ts';
import {
  deleteIdentity,
  findIdentity,
  insertIdentity,
  insertUserWithIdentity,
  type NewIdentity,
  readIdentities,
  refreshIdentity,
  registrationByIdentity,
  takeover,
} from './identity-store.ts';
import type { Arrival, Claims, ProviderProfile, ProviderTokens } from './port.ts';
import type { IdentityRow } from './tables.ts';

/** A session in which a user links an account, and the version of the credentials that it goes by. */
export interface LinkingSession {
  userId: string;
  sessionId: string;
  credentialVersion: number;
}

/** How often a sign-in looks again when another one was faster: of several at once one comes through at each look. */
const TRIES = 10;

export interface IdentityDependencies {
  d1: D1Database;
  directory: Directory;
  outbox: Outbox;
  hooks: Hooks;
  /** Encrypts the providers' tokens. */
  tokenKeys: Keyring;
}

/** Whom a provider's account belongs to: found, linked, made, unlinked. */
export class Identities {
  readonly #deps: IdentityDependencies;

  constructor(deps: IdentityDependencies) {
    this.#deps = deps;
  }

  /** The accounts at providers that are linked to a user, oldest first. */
  list(userId: string): Promise<IdentityRow[]> {
    return readIdentities(primary(this.#deps.d1).db, userId);
  }

  /**
   * The user whom a provider has sent back: known, found by an address that both sides have proven, or made now. Throws
   * `email_missing`, `provider_email_unverified`, `account_exists`, `registration_closed`, `registration_refused`, and `email_not_verified` for an
   * account that was linked before its address was proven, and opens nothing until then.
   */
  async resolve(realm: Realm, arrival: Arrival, client: Client): Promise<{ user: UserRow; isNew: boolean }> {
    // A unique index says who was first; the others look again.
    for (let tries = 0; tries < TRIES; tries += 1) {
      const session = primary(this.#deps.d1);
      const known = await findIdentity(session.db, realm.id, arrival.provider, arrival.profile.subject);
      if (known) {
        const user = await this.#recognise(session, known, arrival);
        if (user) return { user, isNew: false };
        continue;
      }
      const email = vouchedAddress(arrival.profile);
      const owner = await findByEmail(session.db, realm.id, email);
      const identity = await this.#row(realm.id, arrival, Date.now());
      try {
        const user = owner
          ? await this.#adopt(session, realm, owner, { arrival, identity }, client)
          : await this.#make(session, realm, { email, arrival, identity }, client);
        if (user) return { user, isNew: !owner };
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    // Taken, yet never found: the account of that address is linked to another account of this provider.
    throw new ApiError('account_exists', {
      detail: 'Sign in another way, unlink the other account of this provider, and link this one.',
    });
  }

  /** The user whom an account at a provider is linked to, by id, or null. */
  async holder(realmId: string, { provider, profile }: Arrival): Promise<string | null> {
    const known = await findIdentity(primary(this.#deps.d1).db, realmId, provider, profile.subject);
    return known?.userId ?? null;
  }

  /**
   * Links to a user who is signed in, unless the account was recovered from that session. Linking again changes nothing.
   * An anonymous user has registered then. Throws `identity_conflict`, `session_ended`, `conflict` for one who did so meanwhile.
   */
  async link(by: LinkingSession, realm: Realm, arrival: Arrival, client: Client): Promise<void> {
    const { userId } = by;
    const session = primary(this.#deps.d1);
    const user = await findById(session.db, userId);
    if (!user || user.realmId !== realm.id) throw new ApiError('session_ended');
    try {
      const identity = await this.#row(realm.id, arrival, Date.now());
      if (user.anonymous) return await this.#register(by, realm, user, { arrival, identity }, client);
      const mail = linkedMail(user, realm, arrival, client);
      if (!(await insertIdentity(session.db, userId, { identity, by, mail }))) {
        throw new ApiError('session_ended');
      }
      this.#deps.outbox.sendSoon([mail]);
    } catch (error) {
      if (!isTaken(error)) throw error;
      const known = await findIdentity(session.db, realm.id, arrival.provider, arrival.profile.subject);
      if (known?.userId === userId) {
        // What was linked already is so with the tokens that the provider gives now.
        await this.#keep(session, known, arrival, {});
        return;
      }
      throw new ApiError('identity_conflict', {
        detail: known
          ? 'Unlink it there first, or sign in with it.'
          : 'Another account of this provider is linked: unlink it first.',
      });
    }
    await this.#log(session, user, client, 'identity_linked', arrival.provider);
  }

  /** An anonymous user registers by an account at a provider, whose address becomes theirs where nobody has it. */
  async #register(
    by: LinkingSession,
    realm: Realm,
    user: UserRow,
    { arrival, identity }: { arrival: Arrival; identity: NewIdentity },
    client: Client,
  ): Promise<void> {
    const { d1, directory } = this.#deps;
    const { email, emailVerified } = arrival.profile;
    const vouched = emailVerified ? EmailField.safeParse(email ?? '').data : undefined;
    const isFree = vouched !== undefined && !(await findByEmail(primary(d1).db, user.realmId, vouched));
    const asked = registeringBy(arrival, vouched ?? null, client);
    const granted = await this.#deps.hooks.upgrade(user, realm, asked);
    const register = (address: string | null) => {
      const change = registrationByIdentity(user.id, { identity, by, email: address }, identity.createdAt);
      return directory.change(user.id, {
        ...change,
        set: { ...change.set, ...granted },
        keepSession: by.sessionId,
        activity: { type: 'registered', client, details: { provider: arrival.provider } },
      });
    };
    const registered = await register(isFree ? vouched : null).catch((error: unknown) => {
      // Somebody was faster: the account at the provider is theirs nonetheless.
      if (error instanceof ApiError && error.code === 'user_exists') return register(null);
      throw error;
    });
    if (registered.user) return;
    const now = await directory.get(user.id, null);
    throw new ApiError(now.anonymous ? 'session_ended' : 'conflict');
  }

  /** Unlinks. Throws `identity_not_found`, `last_sign_in_method`, `session_ended`. */
  async unlink(userId: string, provider: string, client: Client): Promise<void> {
    const { d1, directory } = this.#deps;
    const session = primary(d1);
    const user = await findById(session.db, userId);
    if (!user) throw new ApiError('session_ended');
    const mail = directory.noticeMail(user, { change: 'identity_unlinked', about: provider, client });
    if (!(await deleteIdentity(session.db, userId, provider, mail))) {
      const linked = await readIdentities(session.db, userId);
      throw linked.some((identity) => identity.provider === provider)
        ? new ApiError('last_sign_in_method', {
            detail: 'Set a password first, by the link of `forgot password`, or link another account.',
          })
        : new ApiError('identity_not_found');
    }
    directory.send(mail);
    await this.#log(session, user, client, 'identity_unlinked', provider);
  }

  async #recognise(session: DatabaseSession, known: IdentityRow, arrival: Arrival): Promise<UserRow | null> {
    const user = await findById(session.db, known.userId);
    if (!user) return null;
    if (known.addedUnproven && !user.emailVerified) throw new ApiError('email_not_verified');
    return (await this.#keep(session, known, arrival, { lastLoginAt: Date.now() })) ? user : null;
  }

  /** Keeps what a provider says this time; false when its tokens have become others meanwhile. */
  async #keep(
    session: DatabaseSession,
    known: IdentityRow,
    arrival: Arrival,
    more: { lastLoginAt?: number },
  ): Promise<boolean> {
    // Most providers give a refresh token the first time only.
    const before = await unseal<ProviderTokens>(this.#deps.tokenKeys, known.tokens);
    const refreshToken = arrival.tokens.refreshToken ?? before?.refreshToken ?? null;
    const tokens = { ...arrival.tokens, refreshToken };
    const { createdAt: _, ...said } = await this.#row(known.realmId, { ...arrival, tokens }, Date.now());
    return refreshIdentity(session.db, known, { ...withKnown(said, known, arrival.profile), ...more });
  }

  /** Links to the account of that address; an account that never proved it loses every way in that its maker had. */
  async #adopt(
    session: DatabaseSession,
    realm: Realm,
    owner: UserRow,
    { arrival, identity }: { arrival: Arrival; identity: NewIdentity },
    client: Client,
  ): Promise<UserRow | null> {
    if (owner.status === 'suspended') throw new ApiError('account_suspended');
    const now = identity.createdAt;
    const signingIn = { ...identity, lastLoginAt: now };
    if (owner.emailVerified) {
      const mail = linkedMail(owner, realm, arrival, client);
      const link = { identity: signingIn, by: { email: owner.email }, mail };
      if (!(await insertIdentity(session.db, owner.id, link))) return null;
      this.#deps.outbox.sendSoon([mail]);
      await this.#log(session, owner, client, 'identity_linked', identity.provider);
      return owner;
    }
    const { user } = await this.#deps.directory.change(owner.id, {
      ...takeover(owner, signingIn, now),
      activity: { type: 'identity_linked', client, details: { provider: identity.provider } },
    });
    return user;
  }

  async #make(
    session: DatabaseSession,
    realm: Realm,
    { email, arrival, identity }: { email: string; arrival: Arrival; identity: NewIdentity },
    client: Client,
  ): Promise<UserRow> {
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    const { profile, providerName } = arrival;
    const granted = await this.#deps.hooks.registration(realm, registeringBy(arrival, email, client));
    const now = identity.createdAt;
    const user = {
      id: newUserId(realm.jurisdiction),
      realmId: realm.id,
      email,
      emailVerified: true,
      name: ProfileFields.name.safeParse(profile.name).data,
      givenName: ProfileFields.given_name.safeParse(profile.givenName).data,
      familyName: ProfileFields.family_name.safeParse(profile.familyName).data,
      picture: ProfilePatch.shape.picture.safeParse(profile.picture).data,
      locale: ProfileFields.locale.safeParse(profile.locale).data,
      ...granted,
      createdAt: now,
      ...madeBy(client),
      updatedAt: now,
      lastLoginAt: now,
    };
    const welcome = message(
      {
        channel: 'mail',
        template: 'welcome_by_provider',
        data: { name: greetedName(user), provider: providerName, link: `${realm.issuer}/account` },
      },
      { realmId: realm.id, userId: user.id, to: email, locale: user.locale ?? null },
      now,
    );
    const made = await insertUserWithIdentity(session.db, user, { ...identity, lastLoginAt: now }, welcome);
    this.#deps.outbox.sendSoon([welcome]);
    return made;
  }

  async #log(
    session: DatabaseSession,
    user: UserRow,
    client: Client,
    activity: 'identity_linked' | 'identity_unlinked',
    provider: string,
  ): Promise<void> {
    const { id: userId, realmId } = user;
    await this.#deps.directory.log(
      { userId, realmId },
      { type: activity, sessionId: null, client, details: { provider } },
      // In the batch that did it.
      { bookmark: session.bookmark(), isTold: true },
    );
  }

  async #row(realmId: string, arrival: Arrival, now: number): Promise<NewIdentity> {
    const { provider, profile, claims, tokens } = arrival;
    return {
      realmId,
      provider,
      subject: profile.subject,
      email: profile.email,
      emailVerified: profile.emailVerified ?? false,
      name: profile.name,
      picture: profile.picture,
      profile: claims,
      tokens: await seal(this.#deps.tokenKeys, tokens),
      createdAt: now,
      updatedAt: now,
    };
  }
}

/** Somebody who registers by an account at a provider. */
function registeringBy({ provider, profile }: Arrival, email: string | null, client: Client): Registering {
  const { name, givenName: given_name, familyName: family_name, picture, locale } = profile;
  const said = { name, given_name, family_name, picture, locale };
  return { method: 'provider', provider, email, emailVerified: email !== null, profile: said, client };
}

/** What a provider says this time, and of what it leaves out what it said before: Apple tells a name once. */
function withKnown<Said extends Partial<NewIdentity>>(
  said: Said,
  known: IdentityRow,
  { email, emailVerified }: ProviderProfile,
) {
  const isSame = email === null || isSameAddress(email, known.email);
  // What was said of one address holds for no other.
  const { email_verified: _, ...before } = known.profile;
  return {
    ...said,
    email: email ?? known.email,
    emailVerified: emailVerified ?? (isSame && known.emailVerified),
    name: said.name ?? known.name,
    picture: said.picture ?? known.picture,
    profile: { ...(isSame ? known.profile : before), ...given(said.profile ?? {}) },
  };
}

/** Claims that say something: `null` and an empty text leave out as well. */
const given = (claims: Claims): Claims =>
  Object.fromEntries(
    Object.entries(claims).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );

/** Tells a user that there is a new way in, and how to get the account back if it was not they who made it. */
function linkedMail(user: UserRow, realm: Realm, arrival: Arrival, client: Client) {
  const now = Date.now();
  const { id: userId, realmId, email, locale } = user;
  const data = {
    name: greetedName(user),
    provider: arrival.providerName,
    at: rfc3339(now),
    place: placeOf(client),
    device: describeDevice(client.userAgent),
    link: `${realm.issuer}/forgot-password`,
  };
  return message(
    { channel: 'mail', template: 'identity_linked', data },
    { realmId, userId, to: email, locale },
    now,
  );
}

/** The address a provider vouches for. Says the same whether or not somebody has it: who asks has not proved it. */
function vouchedAddress(profile: ProviderProfile): string {
  const email = EmailField.safeParse(profile.email ?? '');
  if (!email.success) {
    throw new ApiError('email_missing', {
      detail: profile.email
        ? `The provider's address cannot be used: ${email.error.issues[0]?.message}.`
        : 'Allow the provider to pass on your e-mail address, or register with a password.',
    });
  }
  if (!profile.emailVerified) {
    throw new ApiError('provider_email_unverified', {
      detail: 'Verify the address there, or sign in with a password and link this account.',
    });
  }
  return email.data;
}
