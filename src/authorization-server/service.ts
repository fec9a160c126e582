import type { SessionObjects } from '../account/contract.ts';
import type { GrantObjects } from '../account/grant-contract.ts';
import type { ApiKeys } from '../api-keys/service.ts';
import type { Keyring } from '../crypto/keys.ts';
import type { Standby } from '../db/standby.ts';
import type { Directory } from '../directory/service.ts';
import type { DpopProofs } from '../http/dpop.ts';
import type { Realm } from '../lib/realm.ts';
import type { Take } from '../messages/budgets.ts';
import type { TokenVault } from '../oauth/token-vault-service.ts';
import type { Organizations } from '../organizations/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { SigningKeys } from '../signing-keys/service.ts';
import type { Subjects } from '../signing-keys/subject-service.ts';
import { ClientAuthorizations } from './authorization-service.ts';
import { ClientDocuments } from './client-document-service.ts';
import { ClientKeys } from './client-keys.ts';
import { readSectors } from './client-sectors.ts';
import { OAuthClients } from './client-service.ts';
import type { DeviceCodeObjects } from './device-contract.ts';
import { DeviceAuthorizations } from './device-service.ts';
import { isRegisteredUri } from './redirect-uris.ts';
import { ClientRegistrations } from './registration-service.ts';
import { ProtectedResources } from './resource-service.ts';
import { SignedTokens } from './signed-tokens-service.ts';
import type { OAuthClientRow } from './tables.ts';
import type { TokenParts } from './token-service.ts';

/** What the authorization server is made of. */
export interface AuthorizationServerParts {
  d1: D1Database;
  standby: Standby;
  objects: (userId: string) => ReturnType<GrantObjects> & ReturnType<SessionObjects>;
  deviceCodes: DeviceCodeObjects;
  take: Take;
  realms: { get(id: string): Promise<Realm> };
  /** Whether it runs on somebody's own machine. */
  isLocal: boolean;
  sessions: Sessions;
  directory: Directory;
  signingKeys: SigningKeys;
  subjects: Subjects;
  apiKeys: ApiKeys;
  proofs: DpopProofs;
  vault: TokenVault;
  organizations: Organizations;
  /** Signs since when a request for authorization waits. */
  requestKeys: Keyring;
  /** Encrypts requests that clients have pushed. */
  pushedKeys: Keyring;
}

/** An OAuth 2.1 authorization server and OpenID provider, one for each realm. Made at its first use: not all isolates need it. */
export class AuthorizationServer {
  readonly clients: OAuthClients;
  readonly resources: ProtectedResources;
  readonly registrations: ClientRegistrations;
  readonly authorizations: ClientAuthorizations;
  readonly devices: DeviceAuthorizations;
  readonly tokens: SignedTokens;
  readonly endpoints: TokenParts;
  readonly apiKeys: ApiKeys;
  readonly directory: Directory;

  constructor(parts: AuthorizationServerParts, limit: TokenParts['limit']) {
    const { d1, isLocal, objects, sessions, subjects, take } = parts;
    this.apiKeys = parts.apiKeys;
    this.directory = parts.directory;
    const sectors = readSectors(take, isLocal);
    const documents = new ClientDocuments({ realms: parts.realms, sectors }, take, isLocal);
    this.clients = new OAuthClients(d1, parts.standby, documents, sectors);
    this.resources = new ProtectedResources(d1, parts.standby);
    this.tokens = new SignedTokens(parts.signingKeys, subjects);
    const { clients, resources, tokens } = this;
    this.registrations = new ClientRegistrations({ d1, clients, resources, take, sectors });
    const shared = { clients, resources, objects, tokens, subjects };
    this.authorizations = new ClientAuthorizations({
      ...shared,
      organizations: parts.organizations,
      isLocal,
      requestKeys: parts.requestKeys,
      pushedKeys: parts.pushedKeys,
    });
    this.devices = new DeviceAuthorizations({
      clients,
      resources,
      accounts: objects,
      devices: parts.deviceCodes,
      take,
    });
    this.endpoints = {
      ...shared,
      d1,
      keys: new ClientKeys(take, isLocal),
      directory: parts.directory,
      proofs: parts.proofs,
      sessions,
      devices: this.devices,
      vault: parts.vault,
      limit,
    };
  }
}

/** Whether a client may have its users sent there after they signed out. */
export function isRegisteredLogoutUri({ postLogoutRedirectUris }: OAuthClientRow, uri: string): boolean {
  return isRegisteredUri(postLogoutRedirectUris, uri);
}
