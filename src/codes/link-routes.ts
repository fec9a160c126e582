import type { MiddlewareHandler } from 'hono';
import { ApiError } from '../errors.ts';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { setDeviceCookie } from '../http/device-cookie.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { FirstStepSchema, firstStep } from '../passwords/answer-schemas.ts';
import { allowedRedirect } from '../realms/redirect-service.ts';
import type { SignInLinks } from './link-service.ts';
import {
  CodeSentSchema,
  codeSentShape,
  LinkConfirmBody,
  LinkOpenBody,
  LinkOpenedSchema,
  LinkSendBody,
} from './schemas.ts';

const TAGS = ['One-time codes'];

/** Sign-in by a link in a mail. `origin` is that of Latchkey's own pages. */
export function linkRoutes(
  links: SignInLinks,
  origin: string,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.link.send',
        method: 'post',
        path: '/v1/auth/link/send',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Mail a link that signs in',
        description:
          'To the e-mail address of a user. The answer is the same for every address, and the budgets are those of codes. The link leads to the page `/login/link`, where a button uses it: in the browser that has asked with `session_cookie` it signs in; anywhere else it shows a number, for `POST /v1/auth/link/confirm`.',
        limit: signInLimit,
        challenge: guard.middleware(),
        request: jsonBody(LinkSendBody),
        responses: responses(
          { 202: json(CodeSentSchema, 'Accepted') },
          { body: true, codes: ['redirect_not_allowed'] },
        ),
      }),
      async (c) => {
        const { email, redirect_to: target, session_cookie: inCookie } = c.req.valid('json');
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const realm = c.get('realm');
        const url = target === undefined ? null : allowedRedirect(realm, origin, target);
        if (target !== undefined && !/^https?:$/.test(url?.protocol ?? '')) {
          throw new ApiError('redirect_not_allowed');
        }
        const sent = await links.send(email, realm, clientOf(c), (token) => {
          const query = { token, ...(target !== undefined && { redirect_to: target }) };
          return `${realm.issuer}/login/link?${new URLSearchParams(query)}`;
        });
        if (inCookie) setDeviceCookie(c);
        return c.json(codeSentShape(sent), 202);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.link.open',
        method: 'post',
        path: '/v1/auth/link/open',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Open a link that was mailed',
        description:
          'What the button of the page does, for apps that take the link themselves. It works once, for ten minutes: for the browser that has asked, else for the first that opens it.',
        limit: signInLimit,
        request: jsonBody(LinkOpenBody),
        responses: responses(
          {
            200: json(
              LinkOpenedSchema,
              'Signed in, or the number to be entered where the link was asked for',
            ),
          },
          { body: true, codes: ['invalid_link', 'account_suspended'] },
        ),
      }),
      async (c) => {
        const { token, session_cookie: inCookie = false } = c.req.valid('json');
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const elsewhere = { number: '' };
        const signedIn = await firstStep(c, inCookie, async () => {
          const opened = await links.open(token, c.get('realm'), clientOf(c));
          if ('grant' in opened) return opened;
          elsewhere.number = opened.number;
          return null;
        });
        if (signedIn) return c.json(signedIn, 200);
        // By which it is known when it opens the link again.
        setDeviceCookie(c);
        return c.json({ status: 'confirmation_required' as const, ...elsewhere }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.link.confirm',
        method: 'post',
        path: '/v1/auth/link/confirm',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Sign in by the number that a link shows',
        description:
          'Where the link was asked for, when it was opened on another device. Five tries. With `session_cookie` it has to be the browser that has asked.',
        limit: signInLimit,
        request: jsonBody(LinkConfirmBody),
        responses: responses(
          { 200: json(FirstStepSchema, 'The user, signed in; or what the second step needs') },
          { body: true, codes: ['invalid_code', 'account_suspended'] },
        ),
      }),
      async (c) => {
        const { session_cookie: inCookie = false, ...entry } = c.req.valid('json');
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const signIn = () => links.confirm(entry, c.get('realm'), clientOf(c), inCookie);
        return c.json(await firstStep(c, inCookie, signIn), 200);
      },
    );
}
