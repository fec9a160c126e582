import { z } from 'zod';
import { DIALECT_NAMES } from '../lib/dialect-names.ts';
import { LOG_LEVELS, type LogLevel } from '../lib/log.ts';
import { DatabaseList } from './databases.ts';
import { LogSinkUrl } from './log-destination.ts';
import { origin, secret, secrets, trueOrFalse, variable, whole } from './variable.ts';

/** What other systems call the levels. */
const LOG_ALIASES: Record<string, LogLevel> = { debug: 'info', warning: 'warn', critical: 'error' };

/** The variables and secrets that are not of a provider, in the order of the documentation. */
export const VARIABLES = {
  ORIGIN: variable({
    schema: origin,
    doc: 'Where users reach Latchkey. It is the issuer (`iss`) of the default realm and the base of every link.',
  }),
  AUTH_SECRET: variable({
    schema: secret,
    secret: true,
    doc: 'The one secret: refresh tokens and the keys that encrypt data at rest derive from it. At least 32 random characters. To change it without signing anybody out, follow the guide *Upgrade*.',
  }),
  AUTH_SECRET_PREVIOUS: variable({
    schema: secrets,
    default: '',
    secret: true,
    doc: 'Secrets that are read besides `AUTH_SECRET` and make nothing new, separated by commas: those that it replaced, or the one that is about to.',
  }),
  INTERNAL_API_KEY: variable({
    schema: secret.optional(),
    secret: true,
    doc: 'An API key for all realms and scopes, to begin with or for services of your own. At least 32 random characters.',
  }),
  ENVIRONMENT: variable({
    schema: z.enum(['production', 'development']),
    default: 'production',
    doc: '`development` lets browsers on any localhost port call the API. Never set it on a deployed Worker.',
  }),
  LOG_LEVEL: variable({
    schema: z
      .string()
      .toLowerCase()
      .transform((level) => LOG_ALIASES[level] ?? level)
      .pipe(z.enum(LOG_LEVELS)),
    default: 'info',
    doc: 'What the log shows: `info` (each request, and all below), `warn` or `error`. `debug` is `info`, `warning` is `warn`, `critical` is `error`.',
  }),
  LOG_SAMPLE: variable({
    schema: z
      .string()
      .regex(/^(1(\.0*)?|0?\.\d{1,6})$/, 'must be a part of 1, such as 0.1')
      .transform(Number)
      .refine((part) => part > 0, 'must be more than 0'),
    default: '1',
    doc: 'Which part of the successful requests for what is asked for often (session checks, refresh, `authorize`, `/v1/me`, use of quota, tokens and credits) the log has: `0.1` is one in ten. All that fails, and all else, it has.',
  }),
  LOG_SINK: variable({
    schema: LogSinkUrl.optional(),
    doc: 'Where the log goes besides the console: `tcp://host:port` or `tls://host:port` (a line of JSON each: Logstash, Vector, Fluent Bit), `syslog://host` or `syslog+tls://host` (RFC 5424), `https://…` (lines of JSON by POST; at a path that ends in `/loki/api/v1/push` what Loki takes).',
  }),
  LOG_SINK_TOKEN: variable({
    schema: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
      .optional(),
    secret: true,
    doc: 'What `https://…` asks for: a bearer token, or `name:password`.',
  }),
  AUDIT_STREAM: variable({
    schema: z.enum(['none', 'r2', 'log']),
    default: 'none',
    doc: 'Where each entry of the audit log and of the activity log goes besides, in a chain of hashes: `r2` (files in a bucket that is bound as `AUDIT`), `log` (lines to `LOG_SINK`), `none`.',
  }),
  SERVICE_NAME: variable({
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{1,48}$/, 'must be 1 to 48 printable ASCII characters without spaces'),
    default: 'latchkey',
    doc: 'What lines of the log say that they come from, where they are sent to `LOG_SINK`.',
  }),
  SYSLOG_HOST: variable({
    schema: z
      .string()
      .regex(/^[\w.:-]+$/, 'must be a host')
      .optional(),
    doc: 'The same as `LOG_SINK`, as an older service named it: a host that takes the log by TCP.',
  }),
  SYSLOG_PORT: variable({ schema: whole(1, 65_535), default: '5141', doc: 'Its port.' }),
  JSON_LOGS: variable({
    schema: z.string().toLowerCase().pipe(trueOrFalse),
    default: 'true',
    doc: '`true` sends `SYSLOG_HOST` a line of JSON each, `false` RFC 5424.',
  }),
  ENABLE_LOGSTASH: variable({
    schema: z.string().toLowerCase().pipe(trueOrFalse).optional(),
    doc: '`false` sends `SYSLOG_HOST` nothing.',
  }),
  METRICS_ENABLED: variable({
    schema: trueOrFalse,
    default: 'true',
    doc: '`false` counts nothing for `/metrics`, which is not there then.',
  }),
  RATE_LIMIT_SIGN_IN: variable({
    schema: whole(1, 100_000),
    default: '100',
    doc: 'Requests a minute per client address (IPv6: per /64, and four times as many per /48) to the endpoints that take a password, a code, a link or an address to mail to; exact.',
  }),
  FAILED_PASSWORDS_PER_HOUR: variable({
    schema: whole(1, 100_000_000),
    default: '10000',
    doc: 'Wrong passwords an hour in a realm; then only devices that have signed in before may try, until the hour is over.',
  }),
  FAILED_CODES_PER_HOUR: variable({
    schema: whole(1, 100_000_000),
    default: '1000',
    doc: 'Wrong one-time codes an hour in a realm; then only devices that have signed in by code before may try, until the hour is over.',
  }),
  RATE_LIMIT_GENERAL: variable({
    schema: whole(1, 1_000_000),
    default: '1000',
    doc: 'The same for everything else, as named in the `RateLimit-Policy` header. The limit itself is that of the binding `GENERAL_RATE_LIMIT`, which `npm run deploy` sets to the same.',
  }),
  SIGNING_KEY_ROTATION_DAYS: variable({
    schema: whole(1, 3650),
    default: '90',
    doc: 'How many days a key signs access tokens before the next takes over.',
  }),
  MAILS_PER_CLIENT: variable({
    schema: whole(1, 1_000_000),
    default: '100',
    doc: 'Mails an hour that one client address (IPv6: per /64, and four times as many per /48) can have sent in a realm.',
  }),
  MAILS_PER_ACCOUNT: variable({
    schema: whole(1, 1_000_000),
    default: '50',
    doc: 'Mails in 24 hours that one account can have sent, or others to it.',
  }),
  SMS_PER_CLIENT: variable({
    schema: whole(1, 1_000_000),
    default: '50',
    doc: 'Texts in 24 hours that one client address (IPv6: per /64, and four times as many per /48) can have sent in a realm.',
  }),
  SMS_PER_ACCOUNT: variable({
    schema: whole(1, 1_000_000),
    default: '20',
    doc: 'Texts in 24 hours that one account can have sent, or others to it.',
  }),
  SMS_PER_PREFIX: variable({
    schema: whole(1, 1_000_000),
    default: '50',
    doc: 'Texts a UTC day to numbers of a realm that differ in their last four digits only.',
  }),
  SMS_PER_REALM: variable({
    schema: whole(1, 10_000_000),
    default: '1000',
    doc: 'Texts a UTC day in a realm.',
  }),
  CODES_PER_ADDRESS: variable({
    schema: whole(1, 1000),
    default: '10',
    doc: 'One-time codes a UTC day to one address or number.',
  }),
  BREACHED_PASSWORDS_URL: variable({
    schema: origin.optional(),
    doc: 'Where new passwords are looked up, in realms that refuse breached ones: the range API of Have I Been Pwned, or one like it. Left out: `https://api.pwnedpasswords.com`, in development none.',
  }),
  TURNSTILE_SITE_KEY: variable({
    schema: z.string().optional(),
    doc: 'With `TURNSTILE_SECRET_KEY`: the widget of Cloudflare Turnstile, for realms whose `challenge` it is. Left out, they get a proof of work.',
  }),
  TURNSTILE_SECRET_KEY: variable({
    schema: z.string().optional(),
    secret: true,
    doc: 'What Turnstile knows us by.',
  }),
  TURNSTILE_URL: variable({
    schema: origin,
    default: 'https://challenges.cloudflare.com',
    doc: 'Turnstile.',
  }),
  STRIPE_SECRET_KEY: variable({
    schema: z.string().optional(),
    secret: true,
    doc: 'Switches on billing, with `STRIPE_WEBHOOK_SECRET`: the secret key of the Stripe account, or a restricted one.',
  }),
  STRIPE_WEBHOOK_SECRET: variable({
    schema: z
      .string()
      .regex(/^[^\s,]+(,[^\s,]+)*$/, 'must be one signing secret, or several with commas between')
      .transform((list) => list.split(','))
      .optional(),
    secret: true,
    doc: 'What Stripe signs webhooks with (`whsec_…`). While it is rolled: the new and the old one, with a comma between.',
  }),
  STRIPE_API_URL: variable({ schema: origin, default: 'https://api.stripe.com', doc: "Stripe's API." }),
  BILLING_GRACE_DAYS: variable({
    schema: whole(0, 60),
    default: '7',
    doc: 'How many days a plan lasts on when its invoice is not paid, or when Stripe is not heard of.',
  }),
  BILLING_PROMOTION_CODES: variable({
    schema: trueOrFalse,
    default: 'false',
    doc: '`true` lets Checkout take promotion codes.',
  }),
  BILLING_AUTOMATIC_TAX: variable({
    schema: trueOrFalse,
    default: 'false',
    doc: '`true` lets Stripe reckon taxes. Switch on Stripe Tax first.',
  }),
  BILLING_TAX_IDS: variable({
    schema: trueOrFalse,
    default: 'false',
    doc: '`true` lets Checkout ask businesses for their tax id.',
  }),
  ACTIVITY_DAYS: variable({
    schema: whole(1, 3650),
    default: '365',
    doc: 'How many days entries of the activity log and of the audit log are kept.',
  }),
  RESOURCES: variable({
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}(,[a-z][a-z0-9_]{0,39})*$/, 'must list names such as images,videos')
      .refine((list) => !list.split(',').includes('date'), 'must not list date, which a day of usage has')
      .transform((list) => [...new Set(list.split(','))]),
    default: 'images,videos,messages,tokens',
    doc: 'Names of what plans limit, besides those that plans name. Tokens of models count as `tokens`.',
  }),
  MODEL_TIERS: variable({
    schema: z
      .string()
      .regex(/^([^\s,=]+=[a-z0-9_]+(,[^\s,=]+=[a-z0-9_]+)*)?$/, 'must list patterns such as gpt-4*=premium')
      .transform((list) =>
        list
          .split(',')
          .filter(Boolean)
          .map((entry) => entry.split('='))
          .map(([pattern = '', tier = '']) => ({ pattern, tier })),
      ),
    default:
      'gpt-4o-mini*=standard,gpt-4*=premium,gpt-5*=premium,o1*=premium,o3*=premium,claude-*opus*=premium',
    doc: 'Tiers of models by pattern; `*` stands for anything, the first pattern that fits counts.',
  }),
  MODEL_TIER_DEFAULT: variable({
    schema: z.string().regex(/^[a-z0-9_]+$/, 'must be the name of a tier'),
    default: 'standard',
    doc: 'The tier of models that no pattern fits.',
  }),
  RESERVATION_SECONDS: variable({
    schema: whole(1, 86_400),
    default: '300',
    doc: 'How long quota that is reserved is held, unless the request says.',
  }),
  PROJECTION_SECONDS: variable({
    schema: whole(1, 600),
    default: '60',
    doc: 'How long the sums of what a user has used may wait until charts of the realm show them.',
  }),
  DATABASES: variable({
    schema: DatabaseList,
    default: '',
    doc: 'Bindings of further D1 databases that realms may live in, as in `DB_2,DB_EU:eu`: each with the jurisdiction that its database was made in, if any (`eu`, `fedramp`). Those that are called `DB_2`, `DB_3` and so on need not be named, unless they have a jurisdiction.',
  }),
  JOB_CALLS: variable({
    schema: whole(50, 1000),
    default: '1000',
    doc: 'How many statements of D1 and calls of objects and providers one run of a Cron Trigger may make: 1000 on Workers Paid, 50 on the free plan, which ends a run that makes more. What a run does not come to, the next one does.',
  }),
  USAGE_EVENT_DAYS: variable({
    schema: whole(1, 3650),
    default: '90',
    doc: 'How many days single uses are kept; the sums of each day are kept for 400.',
  }),
  COMPAT: variable({
    schema: z
      .string()
      .transform((list) => list.split(',').filter(Boolean))
      .pipe(z.array(z.enum(DIALECT_NAMES, { error: `must list names of ${DIALECT_NAMES.join(', ')}` })))
      .optional(),
    doc: `The older services whose clients are served, as in \`doztra,aiezzy\`: ${DIALECT_NAMES.join(', ')}. Left out: all in development, none in production.`,
  }),
} as const;
