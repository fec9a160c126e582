import { Hono, type MiddlewareHandler } from 'hono';
import { type AppEnv, clientOf } from '../http/context.ts';
import { RegisterBody } from '../passwords/schemas.ts';
import { destinationOf, enter } from './arrival.ts';
import { attempt, valid } from './form.tsx';
import { RegisteredPage, RegisterPage, RegistrationClosedPage } from './register-pages.tsx';
import type { SignInServices } from './sign-in-routes.tsx';
import { formOf, show, viewer } from './view.ts';
import { visitorOf } from './visitor.ts';

/** Making an account in a browser. */
export function registerRoutes(services: SignInServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, credentials, oauth, realms, sessions } = services;
  const viewOf = viewer(realms);
  return new Hono<AppEnv>()
    .get('/register', async (c) => {
      const view = await viewOf(c);
      const { leadsTo } = destinationOf(c, view, config.ORIGIN);
      if (view.realm.registration === 'closed') return show(c, view, <RegistrationClosedPage view={view} />);
      if (c.req.query('sent')) return show(c, view, <RegisteredPage view={view} />);
      // The page of signing in knows what to do with who is signed in.
      if (await visitorOf(c, sessions)) return c.redirect(view.link('/login'), 303);
      const providers = oauth.providers(view.realm.id);
      return show(c, view, <RegisterPage view={view} providers={providers} />, { leadsTo });
    })
    .post('/register', signInLimit, async (c) => {
      const view = await viewOf(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { email = '', password, name = '' } = await formOf(c, config.ORIGIN);
      return attempt(
        c,
        view,
        async () => {
          const fields = { email, password, ...(name.trim() && { name }), locale: view.language };
          const body = valid(RegisterBody, fields);
          const made = await credentials.register(body, view.realm.id, clientOf(c));
          if (!('grant' in made)) return c.redirect(view.link('/register', { sent: '1' }), 303);
          return enter(c, view, services, made, ['pwd'], destination);
        },
        (problem) => (
          <RegisterPage
            view={view}
            providers={oauth.providers(view.realm.id)}
            values={{ email, name }}
            problem={problem}
          />
        ),
        { leadsTo: destination.leadsTo },
      );
    });
}
