import type { AccountObject } from './accounts/port.ts';
import { Accounts } from './accounts/service.ts';
import type { CredentialObject } from './credentials/port.ts';
import { Credentials } from './credentials/service.ts';
import { type Bindings, type Config, parseConfig } from './env.ts';
import { deriveKey } from './lib/keys.ts';
import { Realms } from './realms/service.ts';
import { AccessTokens } from './sessions/access-token.ts';
import type { SessionObject } from './sessions/port.ts';
import { Sessions } from './sessions/service.ts';
import { SigningKeys } from './sessions/signing-keys.ts';

/** Everything the routes and the cron jobs act through. */
export interface Services {
  config: Config;
  realms: Realms;
  accounts: Accounts;
  sessions: Sessions;
  credentials: Credentials;
  signingKeys: SigningKeys;
}

/** The composition root: bindings and variables to services. Throws ConfigError. */
export function createServices(bindings: Bindings): Services {
  const config = parseConfig(bindings as unknown as Record<string, unknown>);
  const { ACCOUNT, DB } = bindings;
  const objects = (name: string) =>
    ACCOUNT.get(ACCOUNT.idFromName(name)) as unknown as AccountObject & SessionObject & CredentialObject;
  const realms = new Realms(DB, config.ORIGIN);
  const signingKeys = new SigningKeys(DB, config.AUTH_SECRET, config.SIGNING_KEY_ROTATION_DAYS);
  const sessions = new Sessions(objects, new AccessTokens(signingKeys), realms);
  return {
    config,
    realms,
    signingKeys,
    sessions,
    accounts: new Accounts(DB, objects),
    credentials: new Credentials({
      d1: DB,
      realms,
      sessions,
      objects,
      decoyKey: deriveKey(config.AUTH_SECRET, 'decoy'),
    }),
  };
}
