import type { ClientAuthorizations } from '../../authorization-server/authorization-service.ts';
import type { OAuthClients } from '../../authorization-server/client-service.ts';
import type { Billing } from '../../billing/service.ts';
import type { OneTimeCodes } from '../../codes/service.ts';
import type { Credits } from '../../credits/service.ts';
import type { Factors } from '../../factors/service.ts';
import type { AppContext } from '../../http/context.ts';
import { requireMfa } from '../../http/second-factor.ts';
import type { Identities } from '../../oauth/identity-service.ts';
import type { AccountLinks } from '../../oauth/link-service.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { Domains } from '../../organizations/domain-service.ts';
import type { Invitations } from '../../organizations/invitation-service.ts';
import type { Organizations } from '../../organizations/service.ts';
import type { OrganizationSpending } from '../../organizations/spending-service.ts';
import type { Passkeys } from '../../passkeys/service.ts';
import type { PasswordResets } from '../../passwords/reset-service.ts';
import type { Credentials } from '../../passwords/service.ts';
import type { Plans } from '../../plans/service.ts';
import type { Privacy } from '../../privacy/service.ts';
import type { Avatars } from '../../profile/avatar-service.ts';
import type { Reauthentication } from '../../reauthentication/service.ts';
import type { UsageAnalytics } from '../../usage/analytics-service.ts';
import type { Usage } from '../../usage/service.ts';
import type { Spending } from '../../usage/spending-service.ts';
import type { EmailVerification } from '../../verification/service.ts';
import { kitMessages } from '../kit/messages.ts';
import type { PageArea } from '../kit/page.ts';
import { signedIn, type Visit, type VisitServices, visitorOf } from '../kit/visit.ts';

/** What the pages of an account act through. */
export interface AccountServices extends VisitServices {
  config: { ORIGIN: string };
  avatars: Avatars;
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
  authorizations: ClientAuthorizations;
}

type Handler = (c: AppContext, visit: Visit) => Response | Promise<Response>;

/**
 * A handler for a signed-in user of the realm. Their dates and numbers are written as in the locale of the profile. `enrols` lets
 * those in too who lack a second factor that the realm requires.
 */
export function signedInAccount(services: AccountServices, handle: Handler, enrols = false) {
  const find = async (c: AppContext) => {
    const principal = await visitorOf(c, services.sessions);
    if (principal && !enrols) requireMfa(principal, c.get('realm'));
    return principal;
  };
  return signedIn(services, find, (c, visit) => {
    const { user, view } = visit;
    const isOwnLanguage = user.locale && new Intl.Locale(user.locale).language === view.language;
    return handle(c, {
      ...visit,
      view: { ...view, locale: isOwnLanguage ? (user.locale as string) : undefined },
    });
  });
}

/** What the pages of an account have in common; `enrols` of the one that leads to a second factor. */
export function accountArea(services: AccountServices, enrols = false): PageArea<Visit> {
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
