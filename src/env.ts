import type { z } from 'zod';
import { type ProviderSettings, parseProviders } from './env-providers.ts';
import type { Variable } from './env-variable.ts';
import { VARIABLES } from './env-variables.ts';
import { parseQuotas } from './lib/quota-variables.ts';

/** What `wrangler.toml` binds. */
export interface Bindings {
  DB: D1Database;
  AVATARS: R2Bucket;
  ACCOUNT: DurableObjectNamespace;
  RATE_LIMITER: DurableObjectNamespace;
  ONE_TIME_CODE: DurableObjectNamespace;
  GENERAL_RATE_LIMIT: RateLimit;
  /** Only where MAIL_PROVIDER is `cloudflare`. */
  EMAIL?: SendEmail;
}

/** What a choice of provider makes necessary. */
const NEEDED: Record<string, Record<string, string[]>> = {
  MAIL_PROVIDER: {
    smtp: ['MAIL_FROM', 'SMTP_HOST'],
    sendgrid: ['MAIL_FROM', 'SENDGRID_API_KEY'],
    resend: ['MAIL_FROM', 'RESEND_API_KEY'],
    cloudflare: ['MAIL_FROM', 'EMAIL'],
  },
  SMS_PROVIDER: {
    twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM', 'SMS_CALLING_CODES'],
  },
};

type Variables = typeof VARIABLES;

/** The parsed variables and secrets. */
export type Config = { readonly [Name in keyof Variables]: z.output<Variables[Name]['schema']> } & {
  readonly SIGN_IN_PROVIDERS: readonly ProviderSettings[];
  /** By the name of the variable; null is unlimited. */
  readonly QUOTAS: Readonly<Record<string, number | null>>;
};

/** Thrown when a variable is missing or unusable; the message names each one and never shows a value. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`Latchkey is not configured:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Parses all variables and secrets. Throws ConfigError that names every missing or unusable one. */
export function parseConfig(env: Record<string, unknown>): Config {
  const problems: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(VARIABLES) as [string, Variable<unknown>][]) {
    const value = env[name] ?? declaration.default;
    if (declaration.optional && (value === undefined || value === '')) continue;
    if (value === undefined || (value === '' && declaration.default !== '')) {
      problems.push(`${name} is missing${declaration.secret ? ' (a secret)' : ''}`);
      continue;
    }
    const parsed = declaration.schema.safeParse(value);
    if (parsed.success) config[name] = parsed.data;
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  config.QUOTAS = parseQuotas(env, problems);
  for (const [chooser, choices] of Object.entries(NEEDED)) {
    const chosen = config[chooser] as string;
    for (const name of choices[chosen] ?? []) {
      if (!env[name]) problems.push(`${name} is missing (${chooser} is ${chosen})`);
    }
    if (chosen === 'dev' && config.ENVIRONMENT === 'production') {
      problems.push(`${chooser} is dev, which delivers nothing: choose one for production`);
    }
  }
  const signIn = parseProviders(env);
  problems.push(...signIn.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  config.SIGN_IN_PROVIDERS = signIn.providers;
  return config as Config;
}
