import { type DatabaseSetting, databasesOf } from './databases.ts';
import { type LogDestination, logDestinationOf } from './log-destination.ts';
import { parseQuotas } from './quota-variables.ts';
import { type Environment, parseAll, parseVariables, type Values } from './variable.ts';
import { VARIABLES } from './variables.ts';

/** What `wrangler.toml` binds. */
export interface Bindings {
  /** The database of the realms; `DB_2` and so on, or what `DATABASES` names, may be bound besides. */
  DB: D1Database;
  AVATARS: R2Bucket;
  /** Of the stream of audits, where it is bound. */
  AUDIT?: R2Bucket;
  /** By which events are delivered at once, where it is bound. */
  DELIVERIES?: Queue<{ database: string }>;
  ACCOUNT: DurableObjectNamespace;
  ORGANIZATION: DurableObjectNamespace;
  RATE_LIMITER: DurableObjectNamespace;
  ONE_TIME_CODE: DurableObjectNamespace;
  DEVICE_CODE: DurableObjectNamespace;
  STANDBY: DurableObjectNamespace;
  METRICS: DurableObjectNamespace;
  GENERAL_RATE_LIMIT: RateLimit;
  /** A variable, as all of `Config` are: for what is only told in development. */
  ENVIRONMENT?: string;
}

/** The parsed variables and secrets that are not of a provider. */
export type Config = Values<typeof VARIABLES> & {
  /** By the name of the variable; null is unlimited. */
  readonly QUOTAS: Readonly<Record<string, number | null>>;
  /** The databases that realms may live in, `DB` first. */
  readonly databases: readonly DatabaseSetting[];
  /** Where the log goes besides the console; null for nowhere. */
  readonly logDestination: LogDestination | null;
};

/** Parses the variables and secrets that are not of a provider. Throws ConfigError. */
export function parseConfig(env: Environment): Config {
  const [variables, QUOTAS] = parseAll(
    () => parseVariables(env, VARIABLES),
    () => parseQuotas(env),
  );
  const databases = databasesOf(env, variables.DATABASES);
  return { ...variables, QUOTAS, databases, logDestination: logDestinationOf(variables) };
}
