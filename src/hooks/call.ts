import type { Keyring } from '../crypto/keys.ts';
import { unseal } from '../crypto/sealed.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { DeadlineError, withDeadline } from '../lib/deadline.ts';
import { newId } from '../lib/ids.ts';
import { readUpTo } from '../lib/read-up-to.ts';
import type { HookName, HookSetting } from '../lib/realm.ts';
import { currentRequestId } from '../lib/request-id.ts';
import { rfc3339, SECOND } from '../lib/time.ts';
import {
  isWebhookAddress,
  type Resolve,
  resolvesToPublic,
  signedHeaders,
  type WebhookKeys,
} from '../webhooks/service.ts';

/** How long a hook may take, its address and the whole of its answer included, while a user waits (milliseconds). */
export const HOOK_LIMIT = SECOND;
/** Of an answer no more is read. */
const ANSWER_BYTES = 16_384;
/** Calls of one hook that an isolate has under way: one that calls Latchkey back comes to an end here. */
const MOST_AT_ONCE = 50;
/** After so many in a row that were too late a hook is left alone for so long (milliseconds). */
const LATE_IN_A_ROW = 5;
const PAUSE = 10 * SECOND;
const REMEMBERED = 1000;

/** What hooks are called with. */
export interface HookCallDependencies {
  /** Of their secrets. */
  keys: Keyring;
  /** Whether they may be on this machine: only in development. */
  mayBeLocal: boolean;
  resolve: Resolve;
  /** What is bound to the Worker under a name, if it can be asked. */
  binding(name: string): Pick<Fetcher, 'fetch'> | null;
}

/** Why a hook has given no answer that can be used. It holds nothing of the answer. */
export class HookFailure extends Error {
  /** Of its answer, if there was one. */
  readonly status: number | null;

  constructor(reason: string, status: number | null = null) {
    super(reason);
    this.name = 'HookFailure';
    this.status = status;
  }
}

/** What an isolate knows of a hook. Times, not numbers: a request that is cut off never says that its call is over. */
interface Standing {
  begun: number[];
  late: number;
  restsUntil: number;
}

const standings = new BoundedMap<string, Standing>(REMEMBERED);

/** What a hook is asked. */
export interface HookQuestion {
  type: HookName;
  /** The same for each try of one message; else made here. */
  id?: string;
  data: Record<string, unknown>;
  /** Nothing will come of it: an operator wants to see what is answered. */
  test?: true;
}

/**
 * Asks a hook, signed by Standard Webhooks, and gives its status and what it says. Throws HookFailure, also for one that is left alone
 * or has too many calls under way. Never takes longer than `limit` (milliseconds).
 */
export async function callHook(
  deps: HookCallDependencies,
  realmId: string,
  setting: HookSetting,
  question: HookQuestion,
  limit = HOOK_LIMIT,
): Promise<{ status: number; text: string }> {
  const now = Date.now();
  const standing = standingOf(`${realmId}:${setting.name}:${setting.updatedAt}`);
  if (now < standing.restsUntil) throw new HookFailure('it is left alone: it was late too often');
  standing.begun = standing.begun.filter((begun) => begun > now - limit);
  if (standing.begun.length >= MOST_AT_ONCE) throw new HookFailure('too many calls are under way');
  standing.begun.push(now);
  try {
    const answer = await withDeadline((signal) => post(deps, realmId, setting, question, signal), limit);
    standing.late = 0;
    return answer;
  } catch (error) {
    if (error instanceof HookFailure) throw error;
    if (!(error instanceof DeadlineError)) throw new HookFailure(`the connection failed (${nameOf(error)})`);
    standing.late += 1;
    if (standing.late >= LATE_IN_A_ROW) standing.restsUntil = Date.now() + PAUSE;
    throw new HookFailure(`no answer within ${limit / SECOND} seconds`);
  } finally {
    // One that took longer than it may counts no more already.
    const at = standing.begun.indexOf(now);
    if (at >= 0) standing.begun.splice(at, 1);
  }
}

async function post(
  deps: HookCallDependencies,
  realmId: string,
  setting: HookSetting,
  { id = newId('hok'), ...question }: HookQuestion,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const keys = await unseal<WebhookKeys>(deps.keys, setting.keys);
  if (!keys) throw new HookFailure('the secret cannot be read: see AUTH_SECRET');
  const now = Date.now();
  const body = JSON.stringify({
    ...question,
    timestamp: rfc3339(now),
    realm: realmId,
    request_id: currentRequestId(),
  });
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Latchkey-Hooks/1.0',
    ...signedHeaders(id, body, keys, now),
  };
  const send = await senderTo(deps, setting);
  const response = await send({ method: 'POST', headers, body, redirect: 'manual', signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new HookFailure(`it answered ${response.status}`, response.status);
  }
  const bytes = await readUpTo(response, ANSWER_BYTES);
  if (bytes === null)
    throw new HookFailure(`its answer has more than ${ANSWER_BYTES} bytes`, response.status);
  return { status: response.status, text: new TextDecoder().decode(bytes) };
}

/** How a hook is reached. It may have been in order when it was set. */
async function senderTo(
  { binding, mayBeLocal, resolve }: HookCallDependencies,
  { url, binding: name }: HookSetting,
): Promise<(init: RequestInit) => Promise<Response>> {
  if (url === null) {
    const bound = binding(name ?? '');
    if (!bound) throw new HookFailure(`no Worker is bound as ${name}`);
    // Nothing goes by the host: the binding is the address.
    return (init) => bound.fetch('https://hook.invalid/', init as RequestInit<never>);
  }
  const isAllowed =
    isWebhookAddress(url, mayBeLocal) &&
    (mayBeLocal || (await resolvesToPublic(new URL(url).hostname, resolve, Date.now())));
  if (!isAllowed) throw new HookFailure('the address is not of the public Internet');
  return (init) => fetch(url, init);
}

function standingOf(key: string): Standing {
  const known = standings.get(key);
  if (known) return known;
  const made = { begun: [], late: 0, restsUntil: 0 };
  standings.set(key, made);
  return made;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
