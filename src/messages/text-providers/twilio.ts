import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { variable } from '../../config/variable.ts';
import { DeliveryError, passing } from '../delivery.ts';
import { textProvider } from '../text-provider.ts';

/** Errors with status 400 that do not concern the recipient or the text: an operator can mend them. */
const OPERATORS = new Set([
  20003, 20404, 21212, 21266, 21408, 21603, 21606, 21607, 21608, 21611, 21659, 21660, 21661, 21701, 21702,
  21703, 21704, 21705, 21712,
]);

/** Twilio, Programmable Messaging. It takes no idempotency key: a try whose answer was lost may send twice. */
export const twilio = textProvider({
  name: 'twilio',
  doc: 'Twilio',
  variables: {
    TWILIO_ACCOUNT_SID: variable({ schema: z.string(), doc: 'the account.' }),
    TWILIO_AUTH_TOKEN: variable({ schema: z.string(), secret: true, doc: 'its token.' }),
    TWILIO_FROM: variable({
      schema: z.string(),
      doc: 'a number of yours, or the SID of a messaging service (`MG…`).',
    }),
    TWILIO_URL: variable({ schema: z.url(), default: 'https://api.twilio.com', doc: 'its API.' }),
  },
  create: ({ TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM, TWILIO_URL }) => ({
    async send({ to, text }, signal) {
      const sender = TWILIO_FROM.startsWith('MG') ? 'MessagingServiceSid' : 'From';
      const credentials = Buffer.from(`${TWILIO_ACCOUNT_SID}:${TWILIO_AUTH_TOKEN}`).toString('base64');
      const response = await fetch(`${TWILIO_URL}/2010-04-01/Accounts/${TWILIO_ACCOUNT_SID}/Messages.json`, {
        method: 'POST',
        headers: { authorization: `Basic ${credentials}` },
        body: new URLSearchParams({ To: to, [sender]: TWILIO_FROM, Body: text }),
        // The token must not go where a redirect points.
        redirect: 'manual',
        signal,
      });
      if (!response.ok) throw refusal(response.status, await errorCode(response));
      await response.body?.cancel();
    },
  }),
});

async function errorCode(response: Response): Promise<number> {
  const body = await response.json<{ code?: unknown }>().catch(() => null);
  return typeof body?.code === 'number' ? body.code : 0;
}

function refusal(status: number, code: number): DeliveryError {
  if (status === 401 || status === 403 || code === 20003) {
    return passing('provider refused the credentials');
  }
  const passes = status < 400 || status >= 500 || [408, 425, 429].includes(status) || OPERATORS.has(code);
  const reason = `provider answered ${status}${code ? ` (error ${code})` : ''}`;
  return new DeliveryError(reason, { permanent: !passes });
}
