import type { SessionObjects } from '../account/contract.ts';
import type { GrantObjects } from '../account/grant-contract.ts';
import type { Directory } from '../directory/service.ts';
import type { DpopProofs, ShownProof } from '../http/dpop.ts';
import type { Client } from '../lib/client.ts';
import type { TokenVault } from '../oauth/token-vault-service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { Subjects } from '../signing-keys/subject-service.ts';
import type { ClientMessage } from './client-authentication.ts';
import type { ClientKeys } from './client-keys.ts';
import type { OAuthClients } from './client-service.ts';
import type { DeviceAuthorizations } from './device-service.ts';
import type { ProtectedResources } from './resource-service.ts';
import type { SignedTokens } from './signed-tokens-service.ts';

/** What the token endpoint answers (RFC 6749, 5.1; OpenID Connect Core 1.0, 3.1.3.3). */
export interface TokenAnswer {
  access_token: string;
  token_type: 'Bearer' | 'DPoP';
  /** Of a provider’s it is there as far as that has said it; so is `scope`. */
  expires_in?: number;
  scope?: string;
  refresh_token?: string;
  id_token?: string;
  /** RFC 8693, 2.2.1. */
  issued_token_type?: string;
}

/** A request to the token endpoint, and who sent it as far as the network tells. */
export type TokenRequest = ClientMessage & { by: Client; proof: ShownProof | null };

/** The same, once the proof of a key that came with it was found right: its thumbprint, or null. */
export type ProvedRequest = TokenRequest & { key: string | null };

/** What the endpoints for clients are made of. */
export interface TokenParts {
  d1: D1Database;
  clients: OAuthClients;
  keys: ClientKeys;
  subjects: Subjects;
  directory: Directory;
  proofs: DpopProofs;
  sessions: Sessions;
  objects: (userId: string) => ReturnType<GrantObjects> & ReturnType<SessionObjects>;
  tokens: SignedTokens;
  resources: ProtectedResources;
  devices: DeviceAuthorizations;
  vault: TokenVault;
  /** Throws `rate_limited` for a client that asks too often. */
  limit(key: string): Promise<void>;
}

/** How a token is presented that is bound to a key, or to none (RFC 9449, 5). */
export function typeOf(key: string | null): 'Bearer' | 'DPoP' {
  return key === null ? 'Bearer' : 'DPoP';
}
