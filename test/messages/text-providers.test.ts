import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parseChoice } from '../../src/config/provider.ts';
import type { Environment } from '../../src/config/variable.ts';
import { DeliveryError } from '../../src/messages/delivery.ts';
import type { TextMessage, TextProvider } from '../../src/messages/text-provider.ts';
import { createTextProvider, TEXTS } from '../../src/messages/text-registry.ts';
import { devMessages, ensureDevMessages } from '../support/peers/dev-messages.ts';
import { type Fault, receivedTexts, setFault } from '../support/peers/mailbox.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';

const peers = inject('peers');
const { accountSid, authToken, number, messagingService } = CREDENTIALS.twilio;
const CONFIG = {
  ENVIRONMENT: 'development',
  SMS_PROVIDER: 'twilio',
  TWILIO_ACCOUNT_SID: accountSid,
  TWILIO_AUTH_TOKEN: authToken,
  TWILIO_FROM: number,
  SMS_CALLING_CODES: '*',
  TWILIO_URL: `http://127.0.0.1:${peers.twilio}`,
};
const CLOSED = { TWILIO_URL: `http://127.0.0.1:${peers.smtp.closed}` };

const make = (config: Environment, timeoutMs = 5000) =>
  createTextProvider(parseChoice(TEXTS, { ...CONFIG, ...config }), { DB: env.DB }, { timeoutMs });

function provider(config: Environment, timeoutMs = 5000): TextProvider {
  return make(config, timeoutMs) ?? expect.fail('texts are off');
}

let next = 0;
function text(fields: Partial<TextMessage> = {}): TextMessage {
  next += 1;
  return {
    to: `+4915550${String(next).padStart(6, '0')}`,
    text: `Dein Code für Latchkey: 123456 🔑\nGültig 10 Minuten & 100 % + geheim ${crypto.randomUUID()}`,
    idempotencyKey: `msg_${crypto.randomUUID()}`,
    ...fields,
  };
}

/** The error of a text that is not taken, after making sure that its reason tells no secret. */
async function failure(port: TextProvider, message: TextMessage): Promise<DeliveryError> {
  const error = await port.send(message).then(
    () => expect.fail('the text was taken'),
    (thrown: unknown) => thrown as DeliveryError,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  for (const secret of [message.to, message.text, accountSid, authToken]) {
    expect(error.message).not.toContain(secret);
  }
  return error;
}

beforeAll(ensureDevMessages);

/** How each provider that sends texts is configured here, with what there is to vary. */
const CASES: Record<string, Record<string, { config: Environment; peer: boolean }>> = {
  twilio: {
    'a number': { config: {}, peer: true },
    'a messaging service': { config: { TWILIO_FROM: messagingService }, peer: true },
  },
  dev: { table: { config: { SMS_PROVIDER: 'dev' }, peer: false } },
};
const SENDING = TEXTS.providers.filter(({ delivery }) => delivery !== 'none');

it.each(SENDING)('the provider $name has a case here', ({ name }) => {
  expect(CASES).toHaveProperty(name);
});

describe.concurrent.each(
  SENDING.flatMap(({ name }) =>
    Object.entries(CASES[name] ?? {}).map(([how, one]) => [`${name}, ${how}`, one] as const),
  ),
)('the text message port, by %s', (_, { config, peer }) => {
  it('delivers a text as it was', async () => {
    const message = text();
    await provider(config).send(message);
    const received = peer ? await receivedTexts(message.to) : await devMessages(message.to);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ text: message.text });
  });

  it.each(['', 'ada', '004915550000001', '+49 155', '+49155500000011&Body=x', '+4915550000001\r\nX: y'])(
    'refuses a recipient that is not E.164: %j',
    async (to) => {
      const error = await provider(config)
        .send(text({ to }))
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ permanent: true, message: 'the recipient is not usable' });
    },
  );

  it.runIf(peer).each<[Fault, boolean, string | RegExp]>([
    ['reject-recipient', true, 'provider answered 400 (error 21211)'],
    ['twilio-21610', true, 'provider answered 400 (error 21610)'],
    ['twilio-21614', true, 'provider answered 400 (error 21614)'],
    ['twilio-21408', false, 'provider answered 400 (error 21408)'],
    ['twilio-20003', false, 'provider refused the credentials'],
    ['refuse-credentials', false, 'provider refused the credentials'],
    ['too-many-requests', false, /^provider answered 429/],
    ['server-error', false, /^provider answered 500/],
    ['drop-after-data', false, /^the connection failed/],
  ])('knows of %s whether it is for good: %s', async (fault, permanent, reason) => {
    const message = text();
    await setFault(message.to, fault);
    const error = await failure(provider(config), message);
    expect(error.message).toMatch(reason);
    expect(error.permanent).toBe(permanent);
    expect(await receivedTexts(message.to)).toEqual([]);
    await setFault(message.to, null);
  });

  it.runIf(peer)('gives up on a peer that hangs, as passing', async () => {
    const message = text();
    await setFault(message.to, 'hang');
    const error = await failure(provider(config, 500), message);
    expect(error).toMatchObject({ permanent: false, message: 'no answer within 0.5 seconds' });
  });

  it.runIf(peer)('takes a refused connection as passing', async () => {
    expect(await failure(provider({ ...config, ...CLOSED }), text())).toMatchObject({ permanent: false });
  });
});

describe('the twilio provider', () => {
  it('takes what an operator can mend as passing: the token, the account, the sender', async () => {
    const wrongToken = await failure(provider({ TWILIO_AUTH_TOKEN: 'wrong' }), text());
    expect(wrongToken).toMatchObject({ permanent: false, message: 'provider refused the credentials' });
    const wrongAccount = await failure(provider({ TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}` }), text());
    expect(wrongAccount).toMatchObject({ permanent: false, message: 'provider refused the credentials' });
    const wrongNumber = await failure(provider({ TWILIO_FROM: '+15550000000' }), text());
    expect(wrongNumber).toMatchObject({ permanent: false, message: 'provider answered 400 (error 21606)' });
  });
});

describe('the dev provider', () => {
  it('keeps the text in D1, once', async () => {
    const message = text();
    await provider({ SMS_PROVIDER: 'dev' }).send(message);
    await provider({ SMS_PROVIDER: 'dev' }).send(message);
    expect(await devMessages(message.to)).toEqual([
      {
        id: message.idempotencyKey,
        channel: 'sms',
        recipient: message.to,
        sender: 'dev',
        subject: null,
        html: null,
        text: message.text,
        created_at: expect.any(Number),
      },
    ]);
  });
});

describe('the registry', () => {
  it('has no provider where texts are off', () => {
    expect(make({ SMS_PROVIDER: 'none' })).toBeNull();
  });

  it('makes no provider that lacks what it requires', () => {
    for (const missing of ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM', 'SMS_CALLING_CODES']) {
      expect(() => make({ [missing]: undefined })).toThrow(`${missing} is missing (SMS_PROVIDER is twilio)`);
    }
  });
});
