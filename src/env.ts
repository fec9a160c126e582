import { z } from 'zod';

/** What `wrangler.toml` binds. */
export interface Bindings {
  DB: D1Database;
  AVATARS: R2Bucket;
  ACCOUNT: DurableObjectNamespace;
  RATE_LIMITER: DurableObjectNamespace;
  GENERAL_RATE_LIMIT: RateLimit;
}

/** One documented variable or secret: how it is parsed, and the row it gets in the README. */
interface Variable<T> {
  schema: z.ZodType<T>;
  default?: string;
  secret?: true;
  doc: string;
}

const variable = <T>(declaration: Variable<T>) => declaration;

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`);

/** Bytes of entropy cannot be seen from outside; a short secret, or one of few distinct characters, can. */
const secret = z
  .string()
  .min(32, 'must have at least 32 characters (make one with `openssl rand -base64 32`)')
  .refine((value) => new Set(value).size >= 12, 'is too regular to be random');

const origin = z
  .string()
  .refine((value) => URL.canParse(value) && new URL(value).origin === value, {
    message: 'must be an origin such as https://auth.example.com, without a path or a trailing slash',
  })
  .refine(
    (value) => value.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(value),
    'must be https (plain http is for localhost only)',
  );

/** Every variable and secret of the Worker, in the order of the README's configuration table. */
export const VARIABLES = {
  ORIGIN: variable({
    schema: origin,
    doc: 'Where users reach Latchkey. It is the issuer (`iss`) of the default realm and the base of every link.',
  }),
  AUTH_SECRET: variable({
    schema: secret,
    secret: true,
    doc: 'The one secret: refresh tokens and the keys that encrypt data at rest derive from it. At least 32 random characters. Changing it signs everybody out and makes new signing keys.',
  }),
  ENVIRONMENT: variable({
    schema: z.enum(['production', 'development']),
    default: 'production',
    doc: '`development` lets browsers on any localhost port call the API. Never set it on a deployed Worker.',
  }),
  RATE_LIMIT_SIGN_IN: variable({
    schema: whole(1, 100_000),
    default: '100',
    doc: 'Requests a minute per client address (IPv6: per /64) to the endpoints that take a password; exact.',
  }),
  RATE_LIMIT_GENERAL: variable({
    schema: whole(1, 1_000_000),
    default: '1000',
    doc: 'The same for everything else, as named in the `RateLimit-Policy` header. The limit itself is that of the binding `GENERAL_RATE_LIMIT` in `wrangler.toml`: change both.',
  }),
  SIGNING_KEY_ROTATION_DAYS: variable({
    schema: whole(1, 3650),
    default: '90',
    doc: 'How many days a key signs access tokens before the next takes over.',
  }),
} as const;

type Variables = typeof VARIABLES;

/** The parsed variables and secrets. */
export type Config = { readonly [Name in keyof Variables]: z.output<Variables[Name]['schema']> };

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
    if (value === undefined || value === '') {
      problems.push(`${name} is missing${declaration.secret ? ' (a secret)' : ''}`);
      continue;
    }
    const parsed = declaration.schema.safeParse(value);
    if (parsed.success) config[name] = parsed.data;
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as Config;
}
