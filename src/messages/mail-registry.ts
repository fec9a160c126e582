import { z } from 'zod';
import type { ChosenProvider, ProviderChoice } from '../config/provider.ts';
import { variable } from '../config/variable.ts';
import { DeliveryError, deliver, PROVIDER_TIMEOUT, passing } from './delivery.ts';
import type { MailBindings, MailMessage, MailOutcome, MailProvider, MailTransport } from './mail-provider.ts';
import { cloudflare } from './mail-providers/cloudflare.ts';
import { devMail } from './mail-providers/dev.ts';
import { resend } from './mail-providers/resend.ts';
import { sendgrid } from './mail-providers/sendgrid.ts';
import { smtp } from './mail-providers/smtp.ts';

const COMMON = {
  MAIL_FROM: variable({ schema: z.email(), doc: "The sender's address, under the realm's name." }),
};

/** Who delivers mail. A new provider is a file of its own and a line here. */
export const MAIL: ProviderChoice<typeof COMMON, MailBindings, MailTransport> = {
  variable: 'MAIL_PROVIDER',
  doc: 'Who delivers mail.',
  default: 'dev',
  common: COMMON,
  providers: [smtp, sendgrid, resend, cloudflare, devMail],
};

/** The provider of mail that a configuration chooses. */
export type ChosenMailProvider = ChosenProvider<typeof COMMON, MailBindings, MailTransport>;

/** Makes the chosen provider. Nothing that could end a header reaches it, and it has 20 seconds for a call. */
export function createMailProvider(
  chosen: ChosenMailProvider,
  bindings: MailBindings,
  { timeoutMs = PROVIDER_TIMEOUT } = {},
): MailProvider {
  const transport = chosen.create(bindings);
  const { bulk } = transport;
  const send = async (message: MailMessage) => {
    refuseInjection(message);
    await deliver((signal) => transport.send(message, signal), timeoutMs);
  };
  const outcomeOf = (message: MailMessage) =>
    send(message).then(
      () => null,
      (error: DeliveryError) => error,
    );
  /** Those that may reach the provider, in one call. */
  const sendTogether = async (messages: MailMessage[]): Promise<MailOutcome[]> => {
    try {
      return await deliver((signal) => (bulk as Bulk).send(messages, signal), timeoutMs);
    } catch (thrown) {
      const error = thrown as DeliveryError;
      // One of them may be the reason: each is tried by itself.
      return messages.map(() => (error.permanent ? passing(error.message) : error));
    }
  };
  return {
    perCall: bulk?.perCall ?? 1,
    send,
    async sendAll(messages) {
      if (!bulk || messages.length === 1) return Promise.all(messages.map(outcomeOf));
      const refusals = messages.map(refusalOf);
      const usable = messages.filter((_, index) => refusals[index] === null);
      const outcomes = usable.length > 0 ? await sendTogether(usable) : [];
      return refusals.map((refusal) => refusal ?? outcomes.shift() ?? null);
    },
  };
}

type Bulk = NonNullable<MailTransport['bulk']>;

/** No quoted local parts and no comments: a text that needs them is more often an attack than an address. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(\.[a-z\d-]+)*$/i;
const KEY = /^[\w.-]{1,200}$/;
const CONTROL_CHARACTER = /[\p{Cc}\u2028\u2029]/u;

function refusalOf(message: MailMessage): MailOutcome {
  try {
    refuseInjection(message);
    return null;
  } catch (error) {
    return error as DeliveryError;
  }
}

function refuseInjection({ from, to, subject, idempotencyKey }: MailMessage): void {
  const refuse = (what: string) => new DeliveryError(`the ${what} is not usable`, { permanent: true });
  if (!ADDRESS.test(to)) throw refuse('recipient');
  if (!ADDRESS.test(from.address) || CONTROL_CHARACTER.test(from.name)) throw refuse('sender');
  if (CONTROL_CHARACTER.test(subject)) throw refuse('subject');
  if (!KEY.test(idempotencyKey)) throw refuse('idempotency key');
}
