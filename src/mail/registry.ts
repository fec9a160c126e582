import type { MailProvider } from './port.ts';
import { CloudflareProvider } from './providers/cloudflare.ts';
import { DevProvider } from './providers/dev.ts';
import { ResendProvider } from './providers/resend.ts';
import { SendgridProvider } from './providers/sendgrid.ts';
import { SmtpProvider } from './providers/smtp.ts';
import type { SmtpSecurity } from './providers/smtp-connection.ts';
import { guarded, type MailTransport } from './providers/transport.ts';

/** The variables that choose a provider and that providers need. */
export interface MailConfig {
  MAIL_PROVIDER: 'smtp' | 'sendgrid' | 'resend' | 'cloudflare' | 'dev';
  MAIL_FROM?: string | undefined;
  SMTP_HOST?: string | undefined;
  SMTP_PORT: number;
  SMTP_SECURITY: SmtpSecurity;
  SMTP_USERNAME?: string | undefined;
  SMTP_PASSWORD?: string | undefined;
  SENDGRID_API_KEY?: string | undefined;
  SENDGRID_URL: string;
  RESEND_API_KEY?: string | undefined;
  RESEND_URL: string;
}

/** The bindings that providers need; EMAIL for `cloudflare` only. */
export interface MailBindings {
  DB: D1Database;
  EMAIL?: SendEmail;
}

type Name = MailConfig['MAIL_PROVIDER'];

/** What each provider cannot do without: variables, or bindings. */
export const MAIL_CREDENTIALS = {
  smtp: ['MAIL_FROM', 'SMTP_HOST'],
  sendgrid: ['MAIL_FROM', 'SENDGRID_API_KEY'],
  resend: ['MAIL_FROM', 'RESEND_API_KEY'],
  cloudflare: ['MAIL_FROM', 'EMAIL'],
  dev: [],
} as const satisfies Record<Name, readonly (keyof MailConfig | keyof MailBindings)[]>;

const TRANSPORTS: Record<Name, (config: MailConfig, bindings: MailBindings) => MailTransport> = {
  smtp: (config) => {
    const { SMTP_USERNAME: username, SMTP_PASSWORD: password } = config;
    return new SmtpProvider({
      server: { hostname: needed(config, 'SMTP_HOST'), port: config.SMTP_PORT },
      security: config.SMTP_SECURITY,
      credentials: username && password ? { username, password } : null,
    });
  },
  sendgrid: (config) =>
    new SendgridProvider({ url: config.SENDGRID_URL, key: needed(config, 'SENDGRID_API_KEY') }),
  resend: (config) => new ResendProvider({ url: config.RESEND_URL, key: needed(config, 'RESEND_API_KEY') }),
  cloudflare: (_, bindings) => new CloudflareProvider(needed(bindings, 'EMAIL')),
  dev: (_, { DB }) => new DevProvider(DB),
};

/** The provider that MAIL_PROVIDER names. Throws when one of its MAIL_CREDENTIALS is missing. */
export function createMailProvider(
  config: MailConfig,
  bindings: MailBindings,
  { timeoutMs = 20_000 } = {},
): MailProvider {
  return guarded(TRANSPORTS[config.MAIL_PROVIDER](config, bindings), timeoutMs);
}

function needed<T, Key extends keyof T & string>(source: T, key: Key): NonNullable<T[Key]> {
  const value = source[key];
  if (value === undefined || value === null || value === '') throw new Error(`${key} is missing`);
  return value;
}
