import { type Bindings, type Config, parseConfig } from '../config/config.ts';
import { Databases } from '../db/databases.ts';
import { setLogLevel } from '../lib/log.ts';
import { shipLogAs } from '../logs/shipping.ts';

/** Variables are the same for all objects of an isolate, and objects come and go. */
const parsed = new WeakMap<Bindings, Config>();

const databases = new WeakMap<Bindings, Databases>();

/** The databases that are bound, made once in an isolate. */
export function databasesIn(env: Bindings): Databases {
  const known = databases.get(env) ?? new Databases(env, configOf(env).databases);
  databases.set(env, known);
  return known;
}

/** What the variables say, read once in an isolate; logs follow it. Throws ConfigError. */
export function configOf(env: Bindings): Config {
  const known = parsed.get(env) ?? parseConfig(env as unknown as Record<string, unknown>);
  parsed.set(env, known);
  setLogLevel(known.LOG_LEVEL);
  shipLogAs(known);
  return known;
}
