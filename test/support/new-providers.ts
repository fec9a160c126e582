import { z } from 'zod';
import { variable } from '../../src/config/variable.ts';
import { mailProvider } from '../../src/messages/mail-provider.ts';
import { postJson, refusal } from '../../src/messages/mail-providers/http.ts';
import { textProvider } from '../../src/messages/text-provider.ts';
import type { OAuthProvider } from '../../src/oauth/port.ts';
import { CLIENT_VARIABLES } from '../../src/oauth/provider-variables.ts';
import { oidc } from '../../src/oauth/providers/oidc.ts';

// What somebody would write to add a provider: the whole of its file. Latchkey itself does not have these.

/** Postmark: https://postmarkapp.com/developer/api/email-api */
export const postmark = mailProvider({
  name: 'postmark',
  doc: 'Postmark',
  variables: {
    POSTMARK_TOKEN: variable({ schema: z.string(), secret: true, doc: 'the token of the server.' }),
    POSTMARK_URL: variable({ schema: z.url(), default: 'https://api.postmarkapp.com', doc: 'its API.' }),
  },
  create: ({ POSTMARK_TOKEN, POSTMARK_URL }) => ({
    async send({ from, to, subject, html, text }, signal) {
      const body = { From: from.address, To: to, Subject: subject, HtmlBody: html, TextBody: text };
      const response = await postJson(`${POSTMARK_URL}/email`, POSTMARK_TOKEN, body, signal);
      await response.body?.cancel();
      if (!response.ok) throw refusal(response.status);
    },
  }),
});

/** Vonage, SMS API: https://developer.vonage.com/en/messaging/sms/overview */
export const vonage = textProvider({
  name: 'vonage',
  doc: 'Vonage',
  variables: { VONAGE_API_KEY: variable({ schema: z.string(), secret: true, doc: 'the key.' }) },
  create: ({ VONAGE_API_KEY }) => ({
    async send({ to, text }, signal) {
      const body = new URLSearchParams({ api_key: VONAGE_API_KEY, to, text });
      const response = await fetch('https://rest.nexmo.com/sms/json', { method: 'POST', body, signal });
      await response.body?.cancel();
      if (!response.ok) throw refusal(response.status);
    },
  }),
});

/** LinkedIn, by OpenID Connect: https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2 */
export const linkedin: OAuthProvider = {
  ...oidc,
  id: 'linkedin',
  name: 'LinkedIn',
  doc: 'From LinkedIn, *My apps*.',
  variables: CLIENT_VARIABLES,
  endpoints: {
    issuer: 'https://www.linkedin.com/oauth',
    authorization: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    jwks: 'https://www.linkedin.com/oauth/openid/jwks',
  },
};
