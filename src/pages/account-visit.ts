import type { Billing } from '../billing/service.ts';
import type { OneTimeCodes } from '../codes/service.ts';
import type { Credits } from '../credits/service.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import type { AppContext, Principal } from '../http/context.ts';
import { pathOf } from '../http/realm-path.ts';
import type { Identities } from '../oauth/identity-service.ts';
import type { AccountLinks } from '../oauth/link-service.ts';
import type { OAuth } from '../oauth/service.ts';
import type { PasswordResets } from '../passwords/reset-service.ts';
import type { Credentials } from '../passwords/service.ts';
import type { Plans } from '../plans/service.ts';
import type { Privacy } from '../privacy/service.ts';
import type { Avatars } from '../profile/avatar-service.ts';
import type { Profiles } from '../profile/service.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import type { UsageAnalytics } from '../usage/analytics-service.ts';
import type { Usage } from '../usage/service.ts';
import type { EmailVerification } from '../verification/service.ts';
import { type View, viewOf } from './view.ts';
import { visitorOf } from './visitor.ts';

/** What the pages of an account act through. */
export interface AccountServices {
  config: { ORIGIN: string };
  realms: Realms;
  sessions: Sessions;
  directory: Directory;
  profiles: Profiles;
  avatars: Avatars;
  credentials: Credentials;
  resets: PasswordResets;
  emails: EmailVerification;
  codes: OneTimeCodes;
  oauth: OAuth;
  identities: Identities;
  accountLinks: AccountLinks;
  plans: Plans;
  usage: Usage;
  analytics: UsageAnalytics;
  credits: Credits;
  billing: Billing;
  privacy: Privacy;
}

/** Somebody who is signed in and looks at their account. */
export interface Visit {
  principal: Principal;
  user: UserRow;
  preferences: Record<string, unknown>;
  view: View;
}

/** A handler for who is signed in; everybody else is sent to sign in, and from there back to this page. */
export function signedIn(
  services: AccountServices,
  handle: (c: AppContext, visit: Visit) => Response | Promise<Response>,
) {
  return async (c: AppContext): Promise<Response> => {
    const { directory, profiles, realms, sessions } = services;
    const realm = await realms.get(c.get('realm').id);
    const toSignIn = () =>
      c.redirect(viewOf(c, realm).link('/login', { redirect_to: pathOf(c.req.url) }), 303);
    const principal = await visitorOf(c, sessions);
    if (!principal) return toSignIn();
    try {
      const { userId, bookmark } = principal;
      const [user, preferences] = await Promise.all([
        directory.get(userId, bookmark),
        profiles.preferences(userId, bookmark),
      ]);
      const { language, theme } = preferences;
      const view = viewOf(c, realm, typeof language === 'string' ? language : user.locale);
      const isOwnLanguage = user.locale && new Intl.Locale(user.locale).language === view.language;
      return await handle(c, {
        principal,
        user,
        preferences,
        view: {
          ...view,
          theme: theme === 'light' || theme === 'dark' ? theme : undefined,
          locale: isOwnLanguage ? (user.locale as string) : undefined,
        },
      });
    } catch (error) {
      // Deleted, or signed out from another device, since the request began.
      if (error instanceof ApiError && error.code === 'session_ended') return toSignIn();
      throw error;
    }
  };
}
