import { createHash } from 'node:crypto';
import { newCodeText } from '../account/code-text.ts';
import type { GrantObjects } from '../account/grant-contract.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Principal } from '../http/context.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { HOUR, SECOND } from '../lib/time.ts';
import type { Take } from '../messages/budgets.ts';
import { askedAudience, scopesWithin } from './authorization-request.ts';
import type { OAuthClients } from './client-service.ts';
import {
  type AllowedDevice,
  DEVICE_LIFETIME,
  type DeviceCodeObject,
  type DeviceCodeObjects,
  type DeviceRequest,
  POLL_INTERVAL,
  type PollResult,
} from './device-contract.ts';
import { grantLifetimes } from './grant-lifetimes.ts';
import { OAuthFailure } from './oauth-error.ts';
import type { Parameters } from './parameters.ts';
import type { ProtectedResources } from './resource-service.ts';
import { DEVICE_GRANT, type OAuthClientRow } from './tables.ts';
import { newUserCode, shownUserCode, typedUserCode } from './user-code.ts';

/** User codes that one account may look up in an hour: twice for each device that it connects. */
const LOOK_UPS = 40;
/** How often a user code is drawn that another has. */
const DRAWS = 5;

const DEVICE_CODE = /^lkd\.([A-Z]{8})\.[\w-]{43}$/;

/** What a device is told (RFC 8628, 3.2). Times are seconds. */
export interface DeviceAnswer {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

/** A device that waits for its user: what it asks for, and whose it says it is. */
export interface WaitingDevice extends DeviceRequest {
  /** As it is shown. */
  userCode: string;
  client: OAuthClientRow;
}

interface DeviceParts {
  clients: OAuthClients;
  resources: ProtectedResources;
  accounts: GrantObjects;
  devices: DeviceCodeObjects;
  take: Take;
}

const REFUSALS = {
  unknown: ['invalid_grant', 'It is wrong, used, or of another client'],
  pending: ['authorization_pending', 'The user has not answered yet'],
  slow_down: ['slow_down', 'Ask five seconds less often'],
  denied: ['access_denied', 'The user said no'],
  expired: ['expired_token', 'The user did not answer in time'],
} as const satisfies Record<Exclude<PollResult['result'], 'allowed'>, [string, string]>;

/** The device authorization grant (RFC 8628): a user lets in, in a browser, a device that has none. */
export class DeviceAuthorizations {
  readonly #parts: DeviceParts;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
  }

  /** Takes the request of a device. Throws OAuthFailure. */
  async begin(
    parameters: Parameters,
    realm: Realm,
    client: OAuthClientRow,
    by: Client,
  ): Promise<DeviceAnswer> {
    if (!client.grantTypes.includes(DEVICE_GRANT)) {
      throw new OAuthFailure('unauthorized_client', 'The client may not use the device grant');
    }
    const may = await this.#parts.resources.forTokens(realm.id, client, parameters.all('resource'));
    const scope = scopesWithin(parameters.get('scope'), may.scopes).join(' ');
    const grant = { clientId: client.id, scope, audience: askedAudience(parameters, may, realm) };
    const { ip, country, city, userAgent } = by;
    const createdAt = Date.now();
    const request: DeviceRequest = {
      grant,
      from: { ip, country, city, userAgent },
      createdAt,
      expiresAt: createdAt + DEVICE_LIFETIME,
    };
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const userCode = newUserCode();
      const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
      const deviceCode = `lkd.${userCode}.${secret}`;
      if (!(await this.#parts.devices(realm, userCode).begin(request, hashOf(deviceCode)))) continue;
      const page = `${realm.issuer}/device`;
      const shown = shownUserCode(userCode);
      return {
        device_code: deviceCode,
        user_code: shown,
        verification_uri: page,
        verification_uri_complete: `${page}?${new URLSearchParams({ user_code: shown })}`,
        expires_in: DEVICE_LIFETIME / SECOND,
        interval: POLL_INTERVAL / SECOND,
      };
    }
    throw new Error('no user code was free');
  }

  /** The device behind a code that a user has typed; null when none waits under it. Throws `rate_limited` for who tries many. */
  async waiting(typed: string, realm: Realm, principal: Principal): Promise<WaitingDevice | null> {
    return (await this.#find(typed, realm, principal))?.waiting ?? null;
  }

  /** Gives a device the user's word; false when it does not wait for one any more. Throws `rate_limited`, `session_ended`. */
  async decide(
    typed: string,
    realm: Realm,
    principal: Principal,
    isAllowed: boolean,
    by: Client,
  ): Promise<boolean> {
    const found = await this.#find(typed, realm, principal);
    if (!found) return false;
    const { object, waiting } = found;
    if (!isAllowed) return object.decide(null);
    const { client, expiresAt, grant } = waiting;
    const { userId, sessionId } = principal;
    const { hash } = newCodeText(userId);
    const code = {
      hash,
      grant,
      redirectUri: null,
      challenge: null,
      nonce: null,
      lifetimes: grantLifetimes(realm, client, grant.scope.split(' ').filter(Boolean)),
      expiresAt,
    };
    // First: a device that asked in between would find nothing.
    accepted(await this.#parts.accounts(userId).issueCode(sessionId, code, !client.firstParty, by));
    return object.decide({ userId, codeHash: hash });
  }

  /** What the user has allowed a device, for one of all who ask. Throws OAuthFailure (RFC 8628, 3.5). */
  async take(deviceCode: string, realm: Realm, client: OAuthClientRow): Promise<AllowedDevice> {
    const [, userCode] = DEVICE_CODE.exec(deviceCode) ?? [];
    const polled: PollResult =
      userCode === undefined
        ? { result: 'unknown' }
        : await this.#parts.devices(realm, userCode).poll(hashOf(deviceCode), client.id);
    if (polled.result === 'allowed') return polled;
    const [error, description] = REFUSALS[polled.result];
    throw new OAuthFailure(error, description);
  }

  async #find(
    typed: string,
    realm: Realm,
    { userId }: Principal,
  ): Promise<{ object: DeviceCodeObject; waiting: WaitingDevice } | null> {
    const { clients, devices, take } = this.#parts;
    if (!(await take(`user_code:${userId}`, LOOK_UPS, HOUR / SECOND))) {
      throw new ApiError('rate_limited', { retryAfter: HOUR / SECOND });
    }
    const userCode = typedUserCode(typed);
    if (userCode === null) return null;
    const object = devices(realm, userCode);
    const request = await object.waiting();
    const client = request && (await clients.find(realm.id, request.grant.clientId));
    if (!client) return null;
    return { object, waiting: { ...request, client, userCode: shownUserCode(userCode) } };
  }
}

function hashOf(deviceCode: string): string {
  return createHash('sha256').update(deviceCode).digest('base64url');
}
