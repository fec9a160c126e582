import type { MiddlewareHandler } from 'hono';
import { type AppEnv, clientOf } from '../http/context.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import {
  AcceptedSchema,
  EmailBody,
  EmailChangeBody,
  LinkTokenBody,
  VerifiedSchema,
  VerifyBody,
} from './schemas.ts';
import type { EmailVerification } from './service.ts';

/** Proving an e-mail address, changing it, and undoing that. */
export function emailRoutes(
  emails: EmailVerification,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.email.verify',
        method: 'post',
        path: '/v1/auth/email/verify',
        level: PUBLIC,
        tags: ['E-mail address'],
        summary: 'Prove an address by the link that was mailed there',
        description:
          'The token of a link works once, for 24 hours. It proves the present address, or makes a new one that the user asked for the present one; sessions go on. With `disown` its owner says that they did not make the account, and gets it without whoever did.',
        limit: signInLimit,
        request: jsonBody(VerifyBody),
        responses: responses(
          { 200: json(VerifiedSchema, 'The address is verified') },
          { body: true, codes: ['invalid_link', 'user_exists'] },
        ),
      }),
      async (c) => {
        const { token, disown } = c.req.valid('json');
        if (disown) {
          const { email, resetToken } = await emails.disown(token, c.get('realm'), clientOf(c));
          return c.json(
            { status: 'disowned' as const, email, ...(resetToken !== null && { reset_token: resetToken }) },
            200,
          );
        }
        const { email } = await emails.verify(token, c.get('realm'), clientOf(c));
        return c.json({ status: 'verified' as const, email }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.email.resend',
        method: 'post',
        path: '/v1/auth/email/resend',
        level: PUBLIC,
        tags: ['E-mail address'],
        summary: 'Mail the link that proves an address again',
        description: 'The answer is the same for every address. An earlier link stops working.',
        limit: signInLimit,
        request: jsonBody(EmailBody),
        responses: responses({ 202: json(AcceptedSchema, 'Accepted') }, { body: true }),
      }),
      async (c) => {
        await emails.resend(c.req.valid('json').email, c.get('realm'), clientOf(c));
        return c.json({ status: 'accepted' as const }, 202);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.email.undo',
        method: 'post',
        path: '/v1/auth/email/undo',
        level: PUBLIC,
        tags: ['E-mail address'],
        summary: 'Undo a change of address by the link that the old one got',
        description:
          'For 72 hours, whatever is changed meanwhile. Gives the old address back, ends all that opens the account, and mails a link to set a new password.',
        limit: signInLimit,
        request: jsonBody(LinkTokenBody),
        responses: responses(
          { 204: { description: 'Undone' } },
          { body: true, codes: ['invalid_link', 'user_exists', 'last_owner'] },
        ),
      }),
      async (c) => {
        await emails.undoChange(c.req.valid('json').token, c.get('realm'), clientOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.email.change',
        method: 'put',
        path: '/v1/me/email',
        tags: ['E-mail address'],
        summary: 'Ask for another address',
        description:
          'Takes effect when the link that is mailed to the new address is followed; then the old one is told, and can undo it. The answer is the same when somebody else has the address. Needs a verified address.',
        limit: signInLimit,
        level: levels.verified({
          fresh: {
            when: ({ password }) => password === undefined,
            says: 'which `password` is',
            byPassword: true,
          },
        }),
        request: jsonBody(EmailChangeBody),
        responses: responses(
          { 202: json(AcceptedSchema, 'Accepted') },
          {
            body: true,
            codes: ['invalid_credentials', 'too_many_attempts'],
          },
        ),
      }),
      async (c) => {
        await emails.requestChange(c.req.valid('json'), c.get('principal'), c.get('realm'), clientOf(c));
        return c.json({ status: 'accepted' as const }, 202);
      },
    );
}
