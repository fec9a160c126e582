import type { PasswordObjects } from '../account/contract.ts';
import type { Revenue } from '../billing/revenue-service.ts';
import { CreditAdmin } from '../credits/admin-service.ts';
import type { Credits } from '../credits/service.ts';
import type { Databases } from '../db/databases.ts';
import type { Directory } from '../directory/service.ts';
import type { PictureStore } from '../images/picture-store.ts';
import { OutboxAdmin } from '../messages/admin-service.ts';
import type { MailBudget } from '../messages/budgets.ts';
import type { Outbox } from '../messages/outbox.ts';
import type { PasswordPolicy } from '../passwords/service.ts';
import type { Plans } from '../plans/service.ts';
import type { Privacy } from '../privacy/service.ts';
import { RealmAdmin } from '../realms/admin-service.ts';
import { type MovingObjects, RealmMoves } from '../realms/move-service.ts';
import type { Realms } from '../realms/service.ts';
import { UserSessions } from '../sessions/admin-service.ts';
import type { Sessions } from '../sessions/service.ts';
import { SigningKeyAdmin } from '../signing-keys/admin-service.ts';
import type { SigningKeys } from '../signing-keys/service.ts';
import type { UsageAnalytics } from '../usage/analytics-service.ts';
import { Statistics } from './dashboard-service.ts';
import { Logs } from './logs-service.ts';
import { UserActs } from './user-acts-service.ts';
import { UserAdmin } from './users-service.ts';

export { type Attention, needsHand } from './attention.ts';

/** What operators act through: by the admin API, and by its pages. */
export interface Admin {
  statistics: Statistics;
  users: UserAdmin;
  acts: UserActs;
  sessions: UserSessions;
  credits: CreditAdmin;
  logs: Logs;
  outbox: OutboxAdmin;
  realms: RealmAdmin;
  moves: RealmMoves;
  signingKeys: SigningKeyAdmin;
}

/** What that is made of. */
export interface AdminDependencies {
  d1: D1Database;
  /** The database with the realms, where it is another. */
  home: D1Database | null;
  databases: Databases;
  movingObjects: MovingObjects;
  /** How many statements and calls an invocation may make. */
  calls: number;
  realms: Realms;
  directory: Directory;
  objects: PasswordObjects;
  outbox: Outbox;
  mailBudget: MailBudget;
  passwordPolicy: PasswordPolicy;
  privacy: Privacy;
  plans: Plans;
  credits: Credits;
  analytics: UsageAnalytics;
  revenue: Revenue;
  sessions: Sessions;
  signingKeys: SigningKeys;
  pictures: PictureStore;
}

/** Services of the admin API from those of the features. */
export function createAdmin(deps: AdminDependencies): Admin {
  const { d1, home } = deps;
  const users = new UserAdmin(deps);
  return {
    statistics: new Statistics(d1, deps.analytics, deps.revenue),
    users,
    acts: new UserActs(deps),
    sessions: new UserSessions(deps),
    credits: new CreditAdmin(d1, deps.credits, deps.directory),
    logs: new Logs(d1, home),
    outbox: new OutboxAdmin(deps),
    realms: new RealmAdmin(deps.databases, deps.realms, deps.pictures),
    moves: new RealmMoves(deps.databases, deps.realms, deps.movingObjects, deps.calls),
    signingKeys: new SigningKeyAdmin(d1, deps.signingKeys),
  };
}
