import { Hono, type MiddlewareHandler } from 'hono';
import type { Accounts } from '../accounts/service.ts';
import { LoginBody } from '../credentials/schemas.ts';
import type { Credentials } from '../credentials/service.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { clearSessionCookie } from '../http/session-cookie.ts';
import { failingSteadily } from '../lib/steady.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { destinationOf, enter } from './arrival.ts';
import { attempt, valid } from './form.tsx';
import { ProceedPage, SignedOutPage, SignInPage, SignOutPage } from './sign-in-pages.tsx';
import { formOf, show, viewer } from './view.ts';
import { visitorOf } from './visitor.ts';

/** What the pages of signing in act through. */
export interface SignInServices {
  config: { ORIGIN: string };
  realms: Realms;
  accounts: Accounts;
  sessions: Sessions;
  credentials: Credentials;
}

/** Signing in and out in a browser. */
export function signInRoutes(services: SignInServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, accounts, credentials, realms, sessions } = services;
  const viewOf = viewer(realms);
  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      const view = await viewOf(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { leadsTo, href, app } = destination;
      // OpenID Connect Core 3.1.2.1: `login` asks for another sign-in whoever is signed in.
      const visitor = c.req.query('prompt') === 'login' ? null : await visitorOf(c, sessions);
      if (!visitor) return show(c, view, <SignInPage view={view} />, { leadsTo });
      if (!app) return c.redirect(href, 303);
      const { name, email } = await accounts.get(visitor.userId, visitor.bookmark);
      return show(c, view, <ProceedPage view={view} name={name ?? email} />, { leadsTo });
    })
    .post('/login', signInLimit, async (c) => {
      const view = await viewOf(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { identifier = '', password } = await formOf(c, config.ORIGIN);
      return attempt(
        c,
        view,
        async () => {
          const body = valid(LoginBody, { identifier, password });
          const { grant } = await failingSteadily(() => credentials.login(body, view.realm.id, clientOf(c)));
          return enter(c, sessions, grant, destination);
        },
        (problem) => <SignInPage view={view} identifier={identifier} problem={problem} />,
        { leadsTo: destination.leadsTo },
      );
    })
    .get('/logout', async (c) => {
      const view = await viewOf(c);
      const visitor = await visitorOf(c, sessions);
      return show(c, view, visitor ? <SignOutPage view={view} /> : <SignedOutPage view={view} />);
    })
    .post('/logout', async (c) => {
      const view = await viewOf(c);
      await formOf(c, config.ORIGIN);
      const visitor = await visitorOf(c, sessions);
      if (visitor) await sessions.signOut(visitor.userId, visitor.sessionId, false, clientOf(c));
      clearSessionCookie(c);
      return c.redirect(view.link('/logout'), 303);
    });
}
