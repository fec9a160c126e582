import { DeliveryError } from '../lib/delivery.ts';
import type { SmsProvider } from './port.ts';
import { DevSmsProvider } from './providers/dev.ts';
import { TwilioProvider } from './providers/twilio.ts';

/** The variables that choose a provider and that providers need. */
export interface SmsConfig {
  SMS_PROVIDER: 'none' | 'twilio' | 'dev';
  TWILIO_ACCOUNT_SID?: string | undefined;
  TWILIO_AUTH_TOKEN?: string | undefined;
  TWILIO_FROM?: string | undefined;
  TWILIO_URL: string;
}

/** What each provider cannot do without. */
export const SMS_CREDENTIALS = {
  none: [],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
  dev: [],
} as const satisfies Record<SmsConfig['SMS_PROVIDER'], readonly (keyof SmsConfig)[]>;

const PROVIDERS: Record<
  SmsConfig['SMS_PROVIDER'],
  (config: SmsConfig, bindings: { DB: D1Database }, timeoutMs: number) => SmsProvider | null
> = {
  none: () => null,
  twilio: (config, _, timeoutMs) => {
    const [accountSid, authToken, from] = SMS_CREDENTIALS.twilio.map((name) => {
      const value = config[name];
      if (!value) throw new Error(`${name} is missing`);
      return value;
    }) as [string, string, string];
    return new TwilioProvider({ url: config.TWILIO_URL, accountSid, authToken, from, timeoutMs });
  },
  dev: (_, { DB }) => new DevSmsProvider(DB),
};

/** The provider that SMS_PROVIDER names; null where texts are not sent. Throws when one of its SMS_CREDENTIALS is missing. */
export function createSmsProvider(
  config: SmsConfig,
  bindings: { DB: D1Database },
  { timeoutMs = 20_000 } = {},
): SmsProvider | null {
  const provider = PROVIDERS[config.SMS_PROVIDER](config, bindings, timeoutMs);
  return provider && onlyE164(provider);
}

/** A number that came in any other form was checked by nobody. */
function onlyE164(provider: SmsProvider): SmsProvider {
  return {
    async send(message) {
      if (!/^\+[1-9]\d{6,14}$/.test(message.to)) {
        throw new DeliveryError('the recipient is not usable', { permanent: true });
      }
      await provider.send(message);
    },
  };
}
