import { BoundedMap } from '../lib/bounded-map.ts';
import { describeFailure, log } from '../lib/log.ts';
import { isPublicHost } from '../lib/public-host.ts';
import { readUpTo } from '../lib/read-up-to.ts';
import { DAY, MINUTE, SECOND } from '../lib/time.ts';
import type { Take } from '../messages/budgets.ts';

const TIME_LIMIT = 5 * SECOND;
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;
const MAX_LENGTH = 2000;

/** How long what was read is gone by, whatever its cache headers say (milliseconds). */
const LEAST_FRESH = MINUTE;
const USUALLY_FRESH = 5 * MINUTE;
const MOST_FRESH = DAY;
/** How long what was read last is gone by while its server does not answer. */
const STALE = DAY;
/** How often one host is asked, by the whole deployment, in a minute: whoever names an address has it fetched. */
const PER_HOST = 100;
const REMEMBERED = 1000;

/**
 * Whether an address that a client names may be fetched: https and as it is normalised, of a host that is on the public Internet as
 * far as its name says. `local` lets this machine through, also by http, in development.
 */
export function isFetchable(address: string, local: boolean): boolean {
  const url = address.length <= MAX_LENGTH ? URL.parse(address) : null;
  if (url?.href !== address || url.username !== '' || url.password !== '' || address.includes('#')) {
    return false;
  }
  if (local && ['127.0.0.1', 'localhost'].includes(url.hostname)) return /^https?:$/.test(url.protocol);
  return url.protocol === 'https:' && isPublicHost(url.hostname);
}

/** How what clients show at addresses of their own is read. */
export interface SiteReading<Value> {
  /** What is read, for the budget of a host and the log. */
  what: string;
  maxBytes: number;
  /** What a text says; null when it is nothing of that kind. */
  understand(text: string, address: string): Value | null | Promise<Value | null>;
}

interface Known<Value> {
  value: Value;
  readAt: number;
  /** When its server was last asked, whether it answered or not. */
  askedAt: number;
  until: number;
}

/** What clients show at addresses of their own: fetched in five seconds, without redirects, and kept as the cache headers say. */
export class ClientSites<Value> {
  readonly #reading: SiteReading<Value>;
  readonly #take: Take;
  readonly #local: boolean;
  readonly #known = new BoundedMap<string, Known<Value>>(REMEMBERED);

  constructor(reading: SiteReading<Value>, take: Take, local: boolean) {
    this.#reading = reading;
    this.#take = take;
    this.#local = local;
  }

  /** Whether it goes by something that it has read there. */
  knows(address: string): boolean {
    return this.#known.has(address);
  }

  /**
   * What stands at an address, and when it was read (Unix milliseconds); null when nothing of the kind does, or its server does not
   * answer and has not within a day. `olderThan` (milliseconds) has it read again, unless its
   * server was asked since then.
   */
  async read(
    address: string,
    olderThan = Number.POSITIVE_INFINITY,
  ): Promise<{ value: Value; readAt: number } | null> {
    const now = Date.now();
    const known = this.#known.get(address);
    if (known && now < known.until && now - known.askedAt < olderThan) return known;
    const read = isFetchable(address, this.#local) ? await this.#fetch(address) : null;
    if (read === 'failed' && known && now < known.readAt + STALE) {
      known.askedAt = now;
      known.until = now + MINUTE;
      return known;
    }
    // What is nothing must not be kept as such: the next request may find it mended.
    if (read === 'failed' || read === null) {
      this.#known.delete(address);
      return null;
    }
    const next = { value: read.value, readAt: now, askedAt: now, until: now + read.freshFor };
    this.#known.set(address, next);
    return next;
  }

  async #fetch(address: string): Promise<{ value: Value; freshFor: number } | 'failed' | null> {
    const { what } = this.#reading;
    const { host } = new URL(address);
    if (!(await this.#take(`${what}:${host}`, PER_HOST, MINUTE / SECOND))) return 'failed';
    try {
      return await fetched(address, this.#reading);
    } catch (error) {
      log('warn', `${what}_failed`, { site: host, error: describeFailure(error) });
      return 'failed';
    }
  }
}

/** Throws when the server does not answer, or not yet. */
async function fetched<Value>(
  address: string,
  { maxBytes, understand }: SiteReading<Value>,
): Promise<{ value: Value; freshFor: number } | null> {
  const response = await fetch(address, {
    headers: { Accept: 'application/json', 'User-Agent': 'Latchkey' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIME_LIMIT),
  });
  const { status } = response;
  const type = response.headers.get('content-type') ?? '';
  if (status !== 200 || !JSON_TYPE.test(type)) {
    await response.body?.cancel();
    if (status === 429 || status >= 500) throw new Error(`status ${status}`);
    return null;
  }
  const bytes = await readUpTo(response, maxBytes);
  const value = bytes && (await understand(new TextDecoder().decode(bytes), address));
  return value === null ? null : { value, freshFor: freshFor(response.headers.get('cache-control')) };
}

function freshFor(cacheControl: string | null): number {
  const said = cacheControl?.toLowerCase() ?? '';
  if (/\bno-(store|cache)\b/.test(said)) return LEAST_FRESH;
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,9})/.exec(said) ?? [];
  if (seconds === undefined) return USUALLY_FRESH;
  return Math.min(Math.max(Number(seconds) * SECOND, LEAST_FRESH), MOST_FRESH);
}

/** The value that a text of JSON is, if a schema has it; null for any other text. */
export function parsedBy<Output>(
  text: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: Output } },
): Output | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
