import { Hono, type MiddlewareHandler } from 'hono';
import type { Directory } from '../directory/service.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { clearSessionCookie } from '../http/session-cookie.ts';
import { failingSteadily } from '../lib/steady.ts';
import type { OAuth } from '../oauth/service.ts';
import { LoginBody } from '../passwords/schemas.ts';
import type { Credentials } from '../passwords/service.ts';
import type { Profiles } from '../profile/service.ts';
import type { Realms } from '../realms/service.ts';
import { sessionShape } from '../sessions/schemas.ts';
import { type ArrivalServices, destinationOf, enter, lead } from './arrival.ts';
import { attempt, type Problem, valid } from './form.tsx';
import type { Provider } from './provider-buttons.tsx';
import { ProceedPage, SignedOutPage, SignInPage, SignOutPage } from './sign-in-pages.tsx';
import { formOf, show, type View, viewer } from './view.ts';
import { visitorOf } from './visitor.ts';

/** What the pages of signing in act through. */
export interface SignInServices extends ArrivalServices {
  config: { ORIGIN: string };
  realms: Realms;
  directory: Directory;
  profiles: Profiles;
  credentials: Credentials;
  oauth: OAuth;
}

/** Signing in and out in a browser. */
export function signInRoutes(services: SignInServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, directory, credentials, oauth, realms, sessions } = services;
  const viewOf = viewer(realms);
  const signInPage = (view: View, more: { identifier?: string; problem?: Problem } = {}) => (
    <SignInPage view={view} providers={oauth.providers(view.realm.id)} {...more} />
  );
  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      const view = await viewOf(c);
      const { leadsTo, href, app } = destinationOf(c, view, config.ORIGIN);
      const { error, prompt, provider } = c.req.query();
      if (error) {
        const problem = providerProblem(view, error, oauth.providers(view.realm.id), provider);
        return show(c, view, signInPage(view, { problem }), { leadsTo });
      }
      // OpenID Connect Core 3.1.2.1: `login` asks for another sign-in whoever is signed in.
      const visitor = prompt === 'login' ? null : await visitorOf(c, sessions);
      if (!visitor) return show(c, view, signInPage(view), { leadsTo });
      if (!app) return c.redirect(href, 303);
      const { name, email } = await directory.get(visitor.userId, visitor.bookmark);
      return show(c, view, <ProceedPage view={view} name={name ?? email} />, { leadsTo });
    })
    .post('/login', signInLimit, async (c) => {
      const view = await viewOf(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { leadsTo } = destination;
      const { identifier = '', password, proceed } = await formOf(c, config.ORIGIN);
      if (proceed !== undefined) {
        const visitor = await visitorOf(c, sessions);
        if (!visitor) return show(c, view, signInPage(view), { leadsTo });
        const user = await directory.get(visitor.userId, visitor.bookmark);
        const session = (await sessions.list(user.id)).find(({ id }) => id === visitor.sessionId);
        const methods = session ? sessionShape(session, visitor.sessionId).methods : [];
        return lead(c, view.realm, services, { user, methods }, destination);
      }
      return attempt(
        c,
        view,
        async () => {
          const body = valid(LoginBody, { identifier, password });
          const signedIn = await failingSteadily(() => credentials.login(body, view.realm.id, clientOf(c)));
          return enter(c, view, services, signedIn, ['pwd'], destination);
        },
        (problem) => signInPage(view, { identifier, problem }),
        { leadsTo },
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

/** Why a provider signed nobody in. What is not in the catalogue is said in general: anybody can write a query. */
function providerProblem(view: View, code: string, providers: Provider[], id: string | undefined): Problem {
  const messages = view.text.providerErrors;
  const name = providers.find((provider) => provider.id === id)?.name;
  const known = name !== undefined && Object.hasOwn(messages, code) ? messages[code] : undefined;
  return { summary: known?.(name ?? '') ?? messages.other(''), fields: {} };
}
