import { z } from 'zod';
import type { ChosenProvider, ProviderChoice } from '../config/provider.ts';
import { variable } from '../config/variable.ts';
import { DeliveryError, deliver, PROVIDER_TIMEOUT } from './delivery.ts';
import type { TextBindings, TextProvider, TextTransport } from './text-provider.ts';
import { devTexts } from './text-providers/dev.ts';
import { none } from './text-providers/none.ts';
import { twilio } from './text-providers/twilio.ts';

const COMMON = {
  SMS_CALLING_CODES: variable({
    schema: z
      .string()
      .regex(/^(\*|\+[1-9]\d{0,3}(,\+[1-9]\d{0,3})*)$/, 'must list calling codes such as +49,+44, or be *')
      .transform((list) => list.split(',')),
    doc: 'Calling codes that texts may go to, such as `+49,+44`; `*` for all. Nothing is sent elsewhere: numbers in far countries are what fraudsters have codes sent to.',
  }),
};

/** Who delivers text messages. A new provider is a file of its own and a line here. */
export const TEXTS: ProviderChoice<typeof COMMON, TextBindings, TextTransport | null> = {
  variable: 'SMS_PROVIDER',
  doc: 'Who delivers text messages.',
  default: 'none',
  common: COMMON,
  providers: [none, twilio, devTexts],
};

/** The provider of text messages that a configuration chooses. */
export type ChosenTextProvider = ChosenProvider<typeof COMMON, TextBindings, TextTransport | null>;

/** Makes the chosen provider, which gets numbers in E.164 only; null where texts are not sent. */
export function createTextProvider(
  chosen: ChosenTextProvider,
  bindings: TextBindings,
  { timeoutMs = PROVIDER_TIMEOUT } = {},
): TextProvider | null {
  const transport = chosen.create(bindings);
  return (
    transport && {
      async send(message) {
        // Nobody has checked a number in another form.
        if (!/^\+[1-9]\d{6,14}$/.test(message.to)) {
          throw new DeliveryError('the recipient is not usable', { permanent: true });
        }
        await deliver((signal) => transport.send(message, signal), timeoutMs);
      },
    }
  );
}
