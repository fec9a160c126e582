import { Buffer } from 'node:buffer';
import { DeliveryError } from '../../lib/delivery.ts';
import type { SmsProvider, TextMessage } from '../port.ts';

/** Where Twilio answers, who we are there, and from what number or messaging service (`MG…`) texts come. */
export interface TwilioOptions {
  url: string;
  accountSid: string;
  authToken: string;
  from: string;
  timeoutMs: number;
}

/** Errors with a status of 400 that are not about the recipient or the text: an operator can mend them. */
const OPERATORS = new Set([
  20003, 20404, 21212, 21266, 21408, 21603, 21606, 21607, 21608, 21611, 21659, 21660, 21661, 21701, 21702,
  21703, 21704, 21705, 21712,
]);

/** Twilio, Programmable Messaging. It takes no idempotency key: a try whose answer was lost may send twice. */
export class TwilioProvider implements SmsProvider {
  readonly #options: TwilioOptions;

  constructor(options: TwilioOptions) {
    this.#options = options;
  }

  async send({ to, text }: TextMessage) {
    const { url, accountSid, authToken, from, timeoutMs } = this.#options;
    const sender = from.startsWith('MG') ? 'MessagingServiceSid' : 'From';
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` },
        body: new URLSearchParams({ To: to, [sender]: from, Body: text }),
        // The token must not follow to wherever an answer points.
        redirect: 'manual',
        signal,
      });
      if (!response.ok) throw refusal(response.status, await errorCode(response));
      await response.body?.cancel();
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      const reason = signal.aborted
        ? `no answer within ${timeoutMs / 1000} seconds`
        : `the connection failed (${error instanceof Error ? error.name : typeof error})`;
      throw new DeliveryError(reason, { permanent: false });
    }
  }
}

async function errorCode(response: Response): Promise<number> {
  const body = await response.json<{ code?: unknown }>().catch(() => null);
  return typeof body?.code === 'number' ? body.code : 0;
}

function refusal(status: number, code: number): DeliveryError {
  if (status === 401 || status === 403 || code === 20003) {
    return new DeliveryError('provider refused the credentials', { permanent: false });
  }
  const passes = status < 400 || status >= 500 || [408, 425, 429].includes(status) || OPERATORS.has(code);
  const reason = `provider answered ${status}${code ? ` (error ${code})` : ''}`;
  return new DeliveryError(reason, { permanent: !passes });
}
