import { CONTROL, type DatabaseSetting, requireBound } from '../config/databases.ts';
import { ConfigError } from '../config/variable.ts';
import { boundedD1 } from './bounded.ts';
import { followingD1 } from './following.ts';

/**
 * The databases of a Worker: `DB`, and those that realms may live in besides. All of them bounded in time; where there are several,
 * what is written to one that its realm has left goes to where the realm is now.
 */
export class Databases {
  readonly settings: readonly DatabaseSetting[];
  readonly #env: Readonly<Record<string, unknown>>;
  readonly #following = new Map<string, D1Database>();

  /** Throws ConfigError for those that are named and not bound. */
  constructor(env: object, settings: readonly DatabaseSetting[]) {
    this.#env = env as Readonly<Record<string, unknown>>;
    requireBound(this.#env, settings);
    this.settings = settings;
  }

  /** The database with the realms and their signing keys. */
  get control(): D1Database {
    return this.get(CONTROL);
  }

  /** Their names, `DB` first. */
  get names(): string[] {
    return this.settings.map(({ name }) => name);
  }

  /** The database of that name. Throws ConfigError for one that is not bound. */
  get(name: string): D1Database {
    const known = this.#following.get(name);
    if (known) return known;
    const d1 = this.raw(name);
    const made =
      this.settings.length === 1
        ? d1
        : followingD1(name, d1, { of: (one) => this.raw(one), whereIs: (id) => this.whereIs(id) });
    this.#following.set(name, made);
    return made;
  }

  /** The same, where what is written there fails when the realm has left it. */
  raw(name: string): D1Database {
    if (!this.settings.some((one) => one.name === name)) {
      throw new ConfigError([`${name} is the database of a realm, and no D1 database is bound by that name`]);
    }
    return boundedD1(this.#env[name] as D1Database);
  }

  /** The name of the database that a realm lives in, from the primary; `DB` for one that is not there. */
  async whereIs(realmId: string): Promise<string> {
    const row = await this.raw(CONTROL)
      .withSession('first-primary')
      .prepare('SELECT database FROM realms WHERE id = ?')
      .bind(realmId)
      .first<{ database: string }>();
    return row?.database ?? CONTROL;
  }
}
