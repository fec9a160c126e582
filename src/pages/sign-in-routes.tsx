import { Hono, type MiddlewareHandler } from 'hono';
import { LoginBody } from '../credentials/schemas.ts';
import type { Credentials } from '../credentials/service.ts';
import { type AppContext, type AppEnv, clientOf } from '../http/context.ts';
import { setSessionCookie } from '../http/session-cookie.ts';
import { failingSteadily } from '../lib/steady.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { invalidFields, problemOf } from './form.tsx';
import { SignInPage } from './sign-in-pages.tsx';
import { formOf, show, viewOf } from './view.ts';
import { visitorOf } from './visitor.ts';

/** What the pages of signing in act through. */
export interface SignInServices {
  config: { ORIGIN: string };
  realms: Realms;
  sessions: Sessions;
  credentials: Credentials;
}

/** Signing in and out in a browser. */
export function signInRoutes(services: SignInServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, credentials, realms, sessions } = services;
  const view = async (c: AppContext) => viewOf(c, await realms.get(c.get('realm').id));
  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      const shown = await view(c);
      if (await visitorOf(c, sessions)) return c.redirect(shown.link('/account'), 303);
      return show(c, shown, <SignInPage view={shown} />);
    })
    .post('/login', signInLimit, async (c) => {
      const shown = await view(c);
      const form = await formOf(c, config.ORIGIN);
      const body = LoginBody.safeParse({ identifier: form.identifier, password: form.password });
      const again = (problem: ReturnType<typeof problemOf>) =>
        show(c, shown, <SignInPage view={shown} identifier={form.identifier ?? ''} problem={problem} />, {
          status: 422,
        });
      if (!body.success)
        return again(
          invalidFields(
            body.error.issues.flatMap(({ path }) => path),
            shown.text,
          ),
        );
      try {
        const { grant } = await failingSteadily(() =>
          credentials.login(body.data, shown.realm.id, clientOf(c)),
        );
        setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
        return c.redirect(shown.link('/account'), 303);
      } catch (error) {
        return again(problemOf(error, shown.text));
      }
    });
}
