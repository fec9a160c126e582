import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { SECOND } from '../lib/time.ts';

// What a Latchkey says of its health when it is asked from outside.

const TIMEOUT = 20 * SECOND;
const PAUSE = SECOND;
/** Answers in a row that have to be good: not all of Cloudflare has a new version at once. */
const GOOD_IN_A_ROW = 3;
const TOLD_EVERY = 10 * SECOND;
/** How long it may take until a new address can be reached at all: its certificate and its DNS are made first. */
const REACHABLE_WITHIN = 300 * SECOND;

/** The answer of `/health?deep=1`. */
export const DeepHealth = z.object({
  status: z.enum(['ok', 'failed']),
  parts: z
    .object({
      needs_hand: z.array(z.string()).optional(),
      databases: z.record(z.string(), z.string()).optional(),
    })
    .catchall(z.unknown()),
});
const Problem = z.object({ code: z.string() });

/** Nobody answers at an address. */
export class Unreachable extends Error {}

/** Asks for JSON of a shape. Throws Unreachable, and an Error that says what is wrong with the answer. */
export async function askJson<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  headers: Record<string, string> = {},
): Promise<z.output<Schema>> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const answer = await fetch(url, { headers, signal, redirect: 'error' }).catch((error: Error) => {
    throw new Unreachable(
      error.cause instanceof Error ? error.cause.message || error.cause.name : error.message,
    );
  });
  const body = parsedOr(await answer.text());
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problem = Problem.safeParse(body);
  throw new Error(
    `${answer.status}, ${problem.success ? problem.data.code : 'and not what Latchkey says there'}`,
  );
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The parts that a deep health says have failed. */
export function failedParts({ parts }: z.output<typeof DeepHealth>): string[] {
  const { databases = {}, needs_hand: _, ...rest } = parts;
  const states = Object.entries({ ...rest, ...databases });
  return states.filter(([, state]) => state === 'failed').map(([part]) => part);
}

/** What is wrong with a Latchkey; null where it is well. */
export async function illness(origin: string, headers?: Record<string, string>): Promise<Error | null> {
  try {
    const health = await askJson(`${origin}/health?deep=1`, DeepHealth, headers);
    return health.status === 'ok' ? null : new Error(`${failedParts(health).join(', ')} fails`);
  } catch (error) {
    return error as Error;
  }
}

/**
 * Asks until a Latchkey is well, several times in a row, and returns null; or what is wrong after `patience` milliseconds,
 * or five minutes where nobody answers. `headers` are sent along.
 */
export async function becomesWell(
  origin: string,
  patience: number,
  headers?: Record<string, string>,
): Promise<Error | null> {
  const began = performance.now();
  let told = began;
  for (let good = 0; ; ) {
    const wrong = await illness(origin, headers);
    good = wrong ? 0 : good + 1;
    if (good === GOOD_IN_A_ROW) return null;
    const now = performance.now();
    const limit = wrong instanceof Unreachable ? Math.max(patience, REACHABLE_WITHIN) : patience;
    if (wrong && now - began > limit) return wrong;
    if (wrong && now - told > TOLD_EVERY) {
      told = now;
      console.error(
        `Not well after ${Math.round((now - began) / SECOND)} seconds: ${wrong.message}. Asking on …`,
      );
    }
    await wait(PAUSE);
  }
}
