import { z } from 'zod';
import { JURISDICTIONS, type Jurisdiction } from '../lib/jurisdiction.ts';
import { ConfigError, type Environment } from './variable.ts';

/** The binding of the database that holds the realms themselves and their signing keys, and the data of all that name no other. */
export const CONTROL = 'DB';

/** A D1 database that realms may live in: its binding, and the jurisdiction that it was made in, if any. */
export interface DatabaseSetting {
  name: string;
  jurisdiction: Jurisdiction | null;
}

const NAME = /^[A-Z][A-Z0-9_]{0,39}$/;
const OTHER = /^DB_\d+$/;

/** `DB_2,DB_EU:eu`: names of bindings, each with the jurisdiction that its database was made in. */
export const DatabaseList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
  )
  .transform((entries) =>
    entries.map((entry) => {
      const [name = '', jurisdiction = null, ...rest] = entry.split(':');
      return { name, jurisdiction, rest };
    }),
  )
  .refine(
    (entries) =>
      entries.every(
        ({ name, jurisdiction, rest }) =>
          NAME.test(name) &&
          rest.length === 0 &&
          (jurisdiction === null || (JURISDICTIONS as readonly string[]).includes(jurisdiction)),
      ) && new Set(entries.map(({ name }) => name)).size === entries.length,
    'must be names of D1 bindings, each once, such as `DB_2,DB_EU:eu`',
  )
  .transform((entries) =>
    entries.map(
      ({ name, jurisdiction }): DatabaseSetting => ({
        name,
        jurisdiction: jurisdiction as Jurisdiction | null,
      }),
    ),
  );

/** All databases of a Worker, `DB` first: those that `DATABASES` names, and bindings that are called `DB_2`, `DB_3` and so on. */
export function databasesOf(env: Environment, listed: readonly DatabaseSetting[]): DatabaseSetting[] {
  const numbered = Object.keys(env)
    .filter((name) => OTHER.test(name) && isDatabase(env[name]))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
  const names = new Set([CONTROL, ...listed.map(({ name }) => name), ...numbered]);
  return [...names].map((name) => listed.find((one) => one.name === name) ?? { name, jurisdiction: null });
}

/** Throws ConfigError for those that `DATABASES` names and that are not bound. */
export function requireBound(env: Environment, settings: readonly DatabaseSetting[]): void {
  const missing = settings.filter(({ name }) => name !== CONTROL && !isDatabase(env[name]));
  if (missing.length === 0) return;
  throw new ConfigError(
    missing.map(({ name }) => `DATABASES names ${name}, and no D1 database is bound by that name`),
  );
}

function isDatabase(bound: unknown): bound is D1Database {
  return typeof bound === 'object' && bound !== null && 'prepare' in bound && 'batch' in bound;
}
