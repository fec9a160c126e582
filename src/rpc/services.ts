import type { Authorizer } from '../authorize/service.ts';
import type { Credits } from '../credits/service.ts';
import type { Directory } from '../directory/service.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { Usage } from '../usage/service.ts';

/** What calls act through. */
export interface RpcServices {
  /** Those of the realms that live in that database. Throws ConfigError for one that is not bound. */
  at(database: string): RpcServices;
  realms: Realms;
  directory: Directory;
  sessions: Sessions;
  usage: Usage;
  credits: Credits;
  authorizer: Authorizer;
}
