import type { ClientAuthorizations } from '../../authorization-server/authorization-service.ts';
import type { OAuthClients } from '../../authorization-server/client-service.ts';
import type { Billing } from '../../billing/service.ts';
import type { OneTimeCodes } from '../../codes/service.ts';
import type { Credits } from '../../credits/service.ts';
import type { Factors } from '../../factors/service.ts';
import type { AppContext, Principal } from '../../http/context.ts';
import { requireMfa } from '../../http/second-factor.ts';
import { kitMessages } from '../../languages/messages.ts';
import type { Identities } from '../../oauth/identity-service.ts';
import type { AccountLinks } from '../../oauth/link-service.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { Domains } from '../../organizations/domain-service.ts';
import type { Invitations } from '../../organizations/invitation-service.ts';
import type { OrganizationKeys } from '../../organizations/key-service.ts';
import type { Organizations, OwnOrganization } from '../../organizations/service.ts';
import type { OrganizationSpending } from '../../organizations/spending-service.ts';
import type { Passkeys } from '../../passkeys/service.ts';
import type { PasswordResets } from '../../passwords/reset-service.ts';
import type { Credentials } from '../../passwords/service.ts';
import type { Plans } from '../../plans/service.ts';
import type { Privacy } from '../../privacy/service.ts';
import type { UserKeys } from '../../product-keys/service.ts';
import type { Avatars } from '../../profile/avatar-service.ts';
import type { AccountOverviews } from '../../profile/overview-service.ts';
import type { Reauthentication } from '../../reauthentication/service.ts';
import type { UsageAnalytics } from '../../usage/analytics-service.ts';
import type { Usage } from '../../usage/service.ts';
import type { Spending } from '../../usage/spending-service.ts';
import type { EmailVerification } from '../../verification/service.ts';
import type { PageArea } from '../kit/page.ts';
import { signedIn, type Visit, type VisitServices, visitorOf } from '../kit/visit.ts';

/** What the pages of an account act through. */
export interface AccountServices extends VisitServices {
  config: { ORIGIN: string };
  avatars: Avatars;
  overview: AccountOverviews;
  credentials: Credentials;
  resets: PasswordResets;
  emails: EmailVerification;
  codes: OneTimeCodes;
  passkeys: Passkeys;
  factors: Factors;
  oauth: OAuth;
  identities: Identities;
  accountLinks: AccountLinks;
  plans: Plans;
  usage: Usage;
  analytics: UsageAnalytics;
  credits: Credits;
  billing: Billing;
  privacy: Privacy;
  reauthentication: Reauthentication;
  oauthClients: OAuthClients;
  organizations: Organizations;
  spending: OrganizationSpending;
  spendingCaps: Spending;
  invitations: Invitations;
  domains: Domains;
  userKeys: UserKeys;
  organizationKeys: OrganizationKeys;
  authorizations: ClientAuthorizations;
}

/** A user who looks at a page of their account. */
export interface AccountVisit extends Visit {
  /** Those they may switch to in the header, the one they act for among them. */
  memberships: OwnOrganization[];
}

type Handler = (c: AppContext, visit: AccountVisit) => Response | Promise<Response>;

/** Organizations that the header offers; all are on their page. */
const OFFERED = 10;

/**
 * A handler for a signed-in user of the realm. Their dates and numbers are written as in the locale of the profile. `enrols` lets
 * those in too who lack a second factor that the realm requires.
 */
export function signedInAccount(services: AccountServices, handle: Handler, enrols = false) {
  return async (c: AppContext): Promise<Response> => {
    let offered: Promise<OwnOrganization[]> = Promise.resolve([]);
    const find = async () => {
      const principal = await visitorOf(c, services.sessions);
      if (principal && !enrols) requireMfa(principal, c.get('realm'));
      // Read beside the user's row.
      if (principal) offered = membershipsOf(services.organizations, principal);
      return principal;
    };
    return signedIn(services, find, async (_, visit) => {
      const { user, view } = visit;
      const isOwnLanguage = user.locale && new Intl.Locale(user.locale).language === view.language;
      return handle(c, {
        ...visit,
        view: { ...view, locale: isOwnLanguage ? (user.locale as string) : undefined },
        memberships: await offered,
      });
    })(c);
  };
}

/** The first organizations of a user, and in any case the one that they act for. A header is not worth a page that fails. */
async function membershipsOf(organizations: Organizations, principal: Principal): Promise<OwnOrganization[]> {
  try {
    const { rows } = await organizations.listOwn(principal, { after: null, limit: OFFERED });
    const { organization: current } = principal;
    if (!current || rows.some(({ organization }) => organization.id === current.id)) return rows;
    const own = await organizations.find(principal, current.id);
    return own ? [own, ...rows] : rows;
  } catch {
    return [];
  }
}

/** What the pages of an account have in common; `enrols` of the one that leads to a second factor. */
export function accountArea(services: AccountServices, enrols = false): PageArea<AccountVisit> {
  return {
    role: 'user',
    enrols,
    proofs: services,
    origin: services.config.ORIGIN,
    admit: (handle) => signedInAccount(services, handle, enrols),
    saved: (language) => kitMessages[language].saved,
    keepsQuery: false,
  };
}
