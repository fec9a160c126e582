import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { ProblemSchema } from '../http/openapi.ts';
import { SECOND } from '../lib/time.ts';
import { UsageError } from './command.ts';
import { isDeployed } from './d1.ts';
import { deployedOrigin } from './deployment.ts';
import { ROOT } from './root.ts';

const TRIES = 8;
const FIRST_PAUSE = 500;
const TIMEOUT = 120_000;

/** Which key the commands call with. */
export const KEY_NOTE =
  'The API key is that of `npm start` for a service on this machine, else LATCHKEY_API_KEY.';

/** The address of the service that options mean, without a slash at its end. Throws for two of them, and for no URL. */
export async function serviceUrl(target: { url?: string; remote?: boolean; env?: string }): Promise<string> {
  if (target.url === undefined) {
    return isDeployed(target) ? deployedOrigin(target.env) : 'http://localhost:8787';
  }
  if (isDeployed(target)) throw new UsageError('--url says which Latchkey: leave out --remote and --env.');
  if (!URL.canParse(target.url)) throw new UsageError('--url: must be a URL');
  return target.url.replace(/\/$/, '');
}

/** The service understood, and said no. */
export class ApiRefusal extends Error {
  readonly code: string;

  constructor({ status, code, title, detail, errors = [] }: z.output<typeof ProblemSchema>) {
    const fields = errors.map(({ path, message }) => `${path}: ${message}`);
    super([`The service refuses (${status}): ${title}.`, ...(detail ? [detail] : []), ...fields].join('\n'));
    this.name = 'ApiRefusal';
    this.code = code;
  }
}

/** The admin API of a running Latchkey, by an API key. */
export class AdminClient {
  readonly #base: string;
  readonly #key: string;

  /** `url` is the issuer of the realm. Throws when there is no key to call it with. */
  constructor(url: string) {
    this.#base = url;
    this.#key = process.env.LATCHKEY_API_KEY ?? developmentKey(url);
  }

  /**
   * Calls until there is an answer: what fails on the way, at a limit or by overload is tried again, so that requests
   * have to be such that a repeat does nothing twice, or are made `once`. Throws ApiRefusal, and an Error when there is no answer.
   */
  async call<Schema extends z.ZodType>(
    method: string,
    path: string,
    answer: Schema,
    content: { body?: string; type?: string; once?: boolean } = {},
  ): Promise<z.output<Schema>> {
    const read = async (response: Response) => (response.status === 204 ? null : await response.json());
    return answer.parse(await this.#answered(() => this.#send(method, path, content), read, content.once));
  }

  /** Reads bytes, as `call` does; `isWhole` says whether all of them came: if not they are asked for again. */
  download(path: string, isWhole: (bytes: Buffer) => boolean): Promise<Buffer> {
    return this.#answered(
      () => this.#send('GET', path, {}),
      async (response) => {
        const bytes = Buffer.from(await response.arrayBuffer());
        if (!isWhole(bytes)) throw new Error('the answer was broken off');
        return bytes;
      },
    );
  }

  async #answered<Result>(
    send: () => Promise<Response>,
    read: (response: Response) => Promise<Result>,
    once = false,
  ): Promise<Result> {
    let pause = FIRST_PAUSE;
    for (let tries = 1; ; tries += 1) {
      let failure: string;
      let asked = 0;
      try {
        const response = await send();
        if (response.ok) return await read(response);
        if (response.status < 500 && response.status !== 429) {
          throw new ApiRefusal(ProblemSchema.parse(await response.json()));
        }
        failure = `status ${response.status}`;
        asked = Number(response.headers.get('retry-after')) * SECOND;
      } catch (error) {
        if (error instanceof ApiRefusal) throw error;
        failure = reasonOf(error as Error);
      }
      if (tries === TRIES || once) throw new Error(`${this.#base} does not answer: ${failure}.`);
      await wait(asked || pause);
      pause *= 2;
    }
  }

  #send(method: string, path: string, { body, type }: { body?: string; type?: string }): Promise<Response> {
    const headers = { 'X-API-Key': this.#key, ...(type && { 'Content-Type': type }) };
    return fetch(`${this.#base}${path}`, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT) });
  }
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}

/** The bootstrap key of `npm start`, for a server on this machine. */
function developmentKey(url: string): string {
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname);
  const path = join(ROOT, '.dev.vars');
  const key = isLocal && existsSync(path) ? parseEnv(readFileSync(path, 'utf8')).INTERNAL_API_KEY : undefined;
  if (key) return key;
  throw new Error('Set LATCHKEY_API_KEY to an API key with the scope `admin` (see `/docs/guides/api-keys`).');
}
