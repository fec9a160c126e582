import type { Authorizer } from '../authorize/service.ts';
import type { Credits } from '../credits/service.ts';
import type { Directory } from '../directory/service.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { Usage } from '../usage/service.ts';

/** What calls act through. */
export interface RpcServices {
  realms: Realms;
  directory: Directory;
  sessions: Sessions;
  usage: Usage;
  credits: Credits;
  authorizer: Authorizer;
}
