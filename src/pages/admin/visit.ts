import type { Admin } from '../../admin/service.ts';
import type { ApiKeys } from '../../api-keys/service.ts';
import type { OAuthClients } from '../../authorization-server/client-service.ts';
import type { ProtectedResources } from '../../authorization-server/resource-service.ts';
import type { BillingAdmin } from '../../billing/admin-service.ts';
import type { Databases } from '../../db/databases.ts';
import type { Factors } from '../../factors/service.ts';
import type { HookAdmin } from '../../hooks/service.ts';
import type { AppContext, Principal } from '../../http/context.ts';
import { requireLevel } from '../../http/level.ts';
import { requireMfa } from '../../http/second-factor.ts';
import { type Actor, actorOf } from '../../http/service-authentication.ts';
import { adminMessages } from '../../languages/messages.ts';
import { DEFAULT_REALM, type Realm } from '../../lib/realm.ts';
import type { Identities } from '../../oauth/identity-service.ts';
import type { AccountLinks } from '../../oauth/link-service.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { OrganizationAdmin } from '../../organizations/admin-service.ts';
import type { OrganizationKeys } from '../../organizations/key-service.ts';
import type { Organizations } from '../../organizations/service.ts';
import type { OrganizationSpending } from '../../organizations/spending-service.ts';
import type { PlanAdmin } from '../../plans/admin-service.ts';
import type { Plans } from '../../plans/service.ts';
import type { Privacy } from '../../privacy/service.ts';
import type { UserKeyAdmin } from '../../product-keys/admin-service.ts';
import type { Realms } from '../../realms/service.ts';
import type { Reauthentication } from '../../reauthentication/service.ts';
import type { AuditFeed } from '../../sinks/audit-job.ts';
import type { UsageAnalytics } from '../../usage/analytics-service.ts';
import type { Usage } from '../../usage/service.ts';
import type { Spending } from '../../usage/spending-service.ts';
import type { WebhookEndpoints } from '../../webhooks/service.ts';
import type { PageArea } from '../kit/page.ts';
import { cookieHolder, signedIn, type Visit, type VisitServices, visitorOf } from '../kit/visit.ts';

/** The level of these pages. Their forms say when they need a fresh proof. */
const OPERATOR = {
  role: 'admin',
  verified: false,
  impersonation: false,
  fresh: false,
  enrols: false,
  anonymous: false,
} as const;

/** What the pages for operators act through. */
export interface AdminServices extends VisitServices {
  realms: Realms;
  config: { ORIGIN: string; RESOURCES: string[]; PROJECTION_SECONDS: number };
  admin: Admin;
  analytics: UsageAnalytics;
  privacy: Privacy;
  usage: Usage;
  identities: Identities;
  factors: Factors;
  oauth: OAuth;
  plans: Plans;
  planAdmin: PlanAdmin;
  billingAdmin: BillingAdmin;
  apiKeys: ApiKeys;
  oauthClients: OAuthClients;
  protectedResources: ProtectedResources;
  accountLinks: AccountLinks;
  reauthentication: Reauthentication;
  auditFeed: AuditFeed;
  databases: Databases;
  webhooks: WebhookEndpoints;
  hooks: HookAdmin;
  organizations: Organizations;
  organizationAdmin: OrganizationAdmin;
  spending: OrganizationSpending;
  spendingCaps: Spending;
  organizationKeys: OrganizationKeys;
  userKeyAdmin: UserKeyAdmin;
}

/** An operator who looks at a page. */
export interface AdminVisit extends Visit {
  actor: Actor;
  /** The realm that the page is about, which its address names; an owner may be a user of another. */
  realmId: string;
  /** The realms whose dashboards the operator may open: all for an owner, and for an admin their own. */
  realms: { id: string; name: string }[];
}

/**
 * What the pages for operators have in common. They are for admins of the realm and for owners. They throw
 * `insufficient_scope` for other users, and `impersonation_refused`.
 */
export function adminArea(services: AdminServices): PageArea<AdminVisit> {
  const find = async (c: AppContext) => {
    const { principal, home } = await operatorOf(c, services);
    if (principal) requireMfa(principal, home);
    if (principal) requireLevel(OPERATOR, principal, c.get('realm'), {});
    return principal;
  };
  return {
    role: 'admin',
    proofs: services,
    origin: services.config.ORIGIN,
    admit: (handle) =>
      signedIn(services, find, async (c, visit) => {
        const realm = c.get('realm');
        const realms = mayLeave(visit.principal) ? await services.realms.names() : [realm];
        return handle(c, { ...visit, actor: actorOf(c), realmId: realm.id, realms });
      }),
    saved: (language) => adminMessages[language].saved,
    keepsQuery: true,
  };
}

/** Whether an operator acts in every realm: the owners, who are users of the realm `default`. */
function mayLeave({ role, realmId }: Principal): boolean {
  return role === 'owner' && realmId === DEFAULT_REALM;
}

/** The operator who is signed in to the realm, or else an owner who is signed in at home: owners act in every realm. */
async function operatorOf(
  c: AppContext,
  { sessions, reauthentication }: Pick<AdminServices, 'sessions' | 'reauthentication'>,
): Promise<{ principal: Principal | null; home: Realm }> {
  const realm = c.get('realm');
  const visitor = await visitorOf(c, sessions);
  const isOperator = visitor !== null && visitor.role !== 'user';
  if (isOperator || realm.id === DEFAULT_REALM) return { principal: visitor, home: realm };
  const owner = await cookieHolder(c, sessions, DEFAULT_REALM);
  if (!owner || !mayLeave(owner)) return { principal: visitor, home: realm };
  c.set('principal', owner);
  return { principal: owner, home: await reauthentication.realmOf({ realmId: DEFAULT_REALM }) };
}
