import { Hono, type MiddlewareHandler } from 'hono';
import { CodeSendBody, CodeVerifyBody } from '../codes/schemas.ts';
import type { OneTimeCodes } from '../codes/service.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { destinationOf, enter } from './arrival.ts';
import { CodePage, CodeRequestPage } from './code-pages.tsx';
import { attempt, valid } from './form.tsx';
import type { SignInServices } from './sign-in-routes.tsx';
import { formOf, show, viewer } from './view.ts';

/** What a code proves (RFC 8176). */
const METHODS = { email: ['otp'], sms: ['otp', 'sms'] };

/** Signing in by a one-time code in a browser. */
export function codeRoutes(
  services: SignInServices & { codes: OneTimeCodes },
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  const { config, codes, realms } = services;
  const viewOf = viewer(realms);
  const texts = codes.sendsTexts;
  const channelOf = (to: string) => (texts && !to.includes('@') ? 'sms' : 'email');
  return new Hono<AppEnv>()
    .get('/login/code', async (c) => {
      const view = await viewOf(c);
      const { leadsTo } = destinationOf(c, view, config.ORIGIN);
      return show(c, view, <CodeRequestPage view={view} texts={texts} />, { leadsTo });
    })
    .post('/login/code', signInLimit, async (c) => {
      const view = await viewOf(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { leadsTo } = destination;
      const { to = '', code } = await formOf(c, config.ORIGIN);
      const channel = channelOf(to);
      if (code === undefined) {
        return attempt(
          c,
          view,
          async () => {
            const target = valid(CodeSendBody, { channel, to });
            await codes.send(target, view.realm.id, clientOf(c), null);
            return show(c, view, <CodePage view={view} to={target.to} />, { leadsTo });
          },
          (problem) => <CodeRequestPage view={view} texts={texts} to={to} problem={problem} />,
          { leadsTo },
        );
      }
      return attempt(
        c,
        view,
        async () => {
          const entered = code.replace(/\s/g, '');
          const target = valid(CodeVerifyBody, { channel, to, code: entered });
          const signedIn = await codes.signIn(target, target.code, view.realm.id, clientOf(c));
          return enter(c, view, services, signedIn, METHODS[channel], destination);
        },
        (problem) =>
          problem.fields.to ? (
            <CodeRequestPage view={view} texts={texts} to={to} problem={problem} />
          ) : (
            <CodePage view={view} to={to} problem={problem} />
          ),
        { leadsTo },
      );
    });
}
