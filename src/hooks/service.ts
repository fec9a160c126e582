import type { OpenedSession, SessionObject } from '../account/contract.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { lazy } from '../lib/lazy.ts';
import type { HookName, HookSetting, Realm } from '../lib/realm.ts';
import type { SendingHooks } from '../messages/outbox.ts';
import type { ClaimsSubject, HookDependencies, Registering, RegistrationGrant } from './answers.ts';

export type { HookAdmin } from './admin-service.ts';
export type { Registering, RegistrationGrant } from './answers.ts';

const answers = lazy(() => import('./answers.ts'));

/** Sessions whose claims an isolate remembers. */
const REMEMBERED = 1000;

/** Where the claims of a session are kept. */
type ClaimsMemory = Pick<SessionObject, 'tokenClaims' | 'keepTokenClaims'>;

/** Asks whom a realm wants to be asked before it acts. Of a realm that asks nobody nothing here does anything. */
export class Hooks {
  readonly #deps: HookDependencies;
  readonly #claims = new BoundedMap<string, { stamp: string; claims: Record<string, unknown> }>(REMEMBERED);

  constructor(deps: HookDependencies) {
    this.#deps = deps;
  }

  /**
   * Asks whether somebody may register, before it is known whether they are known; gives what their row says besides. Throws
   * `registration_refused`, `service_unavailable`.
   */
  async registration(realm: Realm, registering: Registering): Promise<RegistrationGrant> {
    const setting = settingOf(realm, 'before.registration');
    if (!setting) return {};
    return (await answers()).askRegistration(this.#deps, realm, setting, registering);
  }

  /** The same of a user who may be anonymous, and registers then; of any other nobody is asked. */
  async upgrade(
    user: Pick<UserRow, 'id' | 'anonymous'>,
    realm: Realm,
    registering: Omit<Registering, 'userId'>,
  ): Promise<RegistrationGrant> {
    return user.anonymous ? this.registration(realm, { ...registering, userId: user.id }) : {};
  }

  /**
   * The claims that the tokens of a session get besides, under one name that no other claim has. Asked once a session, and again when
   * what the directory says of the user has changed, or the hook. Throws `service_unavailable`.
   */
  async claims(
    realm: Realm,
    session: Omit<OpenedSession, 'refreshToken'>,
    memory: (userId: string) => ClaimsMemory,
  ): Promise<Record<string, unknown>> {
    const setting = settingOf(realm, 'before.token');
    if (!setting) return {};
    const { sessionId, state } = session;
    // The plan by itself: one that lapses does so before the directory says anything.
    const stamp = `${setting.updatedAt}:${state.version}:${state.plan}`;
    const known = this.#claims.get(sessionId);
    const under = (claims: Record<string, unknown>) => ({
      [setting.namespace ?? `${realm.issuer}/claims`]: claims,
    });
    if (known?.stamp === stamp) return under(known.claims);
    const object = memory(state.userId);
    // A session that is new has none.
    const kept = session.generation === 1 ? null : await object.tokenClaims(sessionId, stamp);
    const claims = kept ?? (await this.#askClaims(realm, setting, session));
    if (!claims) return {};
    if (!kept) await object.keepTokenClaims(sessionId, stamp, claims);
    this.#claims.set(sessionId, { stamp, claims });
    return under(claims);
  }

  async #askClaims(realm: Realm, setting: HookSetting, session: Omit<OpenedSession, 'refreshToken'>) {
    const { sessionId, state, grant, methods, impersonator } = session;
    const subject: ClaimsSubject = {
      user_id: state.userId,
      session_id: sessionId,
      role: state.role,
      plan: state.plan,
      email_verified: state.emailVerified,
      anonymous: state.anonymous ?? false,
      methods,
      impersonator,
      client_id: grant?.clientId ?? null,
      scope: grant?.scope ?? null,
    };
    return (await answers()).askClaims(this.#deps, realm, setting, subject);
  }
}

/** What has messages of realms sent by whom they name for that. */
export function sendingHooks(
  deps: HookDependencies,
  realms: { get(realmId: string): Promise<Realm> },
): SendingHooks {
  const settingFor = async (realmId: string, channel: 'mail' | 'sms') => {
    const realm = await realms.get(realmId).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 'realm_not_found') return null;
      // Whom it names cannot be known: its mails wait.
      throw error;
    });
    return realm ? settingOf(realm, `send.${channel}`) : undefined;
  };
  return {
    sends: async (realmId, channel) => (await settingFor(realmId, channel)) !== undefined,
    async send(realmId, channel, message) {
      const setting = await settingFor(realmId, channel);
      return setting ? (await answers()).askToSend(deps, realmId, setting, message) : false;
    },
  };
}

/** Whom a realm asks; undefined where it asks nobody. */
function settingOf(realm: Realm, name: HookName): HookSetting | undefined {
  return realm.hooks?.find((one) => one.name === name);
}
