import { z } from 'zod';
import { isFlat } from '../directory/schemas.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import { ApiError } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { log } from '../lib/log.ts';
import type { HookName, HookSetting, Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import { callHook, type HookCallDependencies, HookFailure, type HookQuestion } from './call.ts';
import { Metadata } from './schemas.ts';

/** A hook that sends keeps nobody waiting: it may take longer (milliseconds). */
const SENDING_LIMIT = 10 * SECOND;
/** Bytes of JSON: a token goes along with every request. */
const MOST_CLAIMS = 2048;
const MOST_MESSAGE = 300;

const Verdict = z.object({
  allow: z.boolean(),
  message: z.string().max(MOST_MESSAGE).optional(),
  plan: z.string().max(40).optional(),
  metadata: Metadata.optional(),
});

const Claims = z.object({
  claims: z
    .record(z.string(), z.unknown())
    .refine((claims) => isFlat(claims) && Buffer.byteLength(JSON.stringify(claims)) <= MOST_CLAIMS),
});

/** What hooks are asked with, and what their answers are held against. */
export interface HookDependencies extends HookCallDependencies {
  /** The plans that a realm has, by their names. */
  plansOf(realmId: string): Promise<Record<string, unknown>>;
}

/** Somebody who registers, as far as they are known before it is decided. */
export interface Registering {
  method: 'password' | 'passkey' | 'provider' | 'code' | 'anonymous';
  /** Of an anonymous user who registers. */
  userId?: string;
  email: string | null;
  emailVerified: boolean;
  provider?: string;
  profile?: object;
  client: Client;
}

/** What the hook says of a new user, by the columns. */
export interface RegistrationGrant {
  plan?: string;
  metadata?: Record<string, unknown>;
}

/** A session of which claims are asked, as the hook sees it. */
export type ClaimsSubject = Record<string, unknown> & { user_id: string; session_id: string };

/** Asks whether somebody may register. Throws `registration_refused`, `service_unavailable`. */
export async function askRegistration(
  deps: HookDependencies,
  realm: Realm,
  setting: HookSetting,
  { method, userId, email, emailVerified, provider, profile, client }: Registering,
): Promise<RegistrationGrant> {
  const data = {
    method,
    user_id: userId ?? null,
    email,
    email_verified: emailVerified,
    provider: provider ?? null,
    profile: profile ?? {},
    client: { ip: client.ip, country: client.country, user_agent: client.userAgent },
  };
  const answer = await decided(realm.id, setting, async () => {
    const verdict = await answered(deps, realm.id, setting, { type: 'before.registration', data }, Verdict);
    const { plan } = verdict;
    const isKnown = async (name: string) =>
      name === DEFAULT_PLAN || Object.hasOwn(await deps.plansOf(realm.id), name);
    if (plan !== undefined && !(await isKnown(plan)))
      throw new HookFailure('it names a plan that there is not');
    return verdict;
  });
  if (answer === null) return {};
  const { allow, message, plan, metadata } = answer;
  if (!allow) throw new ApiError('registration_refused', { ...(message && { detail: plainText(message) }) });
  return { ...(plan !== undefined && { plan }), ...(metadata && { metadata }) };
}

/** Asks which claims the tokens of a session get. None when it fails and is allowed to. Throws `service_unavailable`. */
export async function askClaims(
  deps: HookDependencies,
  realm: Realm,
  setting: HookSetting,
  data: ClaimsSubject,
): Promise<Record<string, unknown> | null> {
  const answer = await decided(realm.id, setting, () =>
    answered(deps, realm.id, setting, { type: 'before.token', data }, Claims),
  );
  return answer?.claims ?? null;
}

/** Has a hook send a message; whether it has. Throws HookFailure when it has not, and nobody else shall. */
export async function askToSend(
  deps: HookDependencies,
  realmId: string,
  setting: HookSetting,
  message: { id: string; data: Record<string, unknown> },
): Promise<boolean> {
  try {
    await callHook(deps, realmId, setting, { type: setting.name, ...message }, SENDING_LIMIT);
    return true;
  } catch (error) {
    if (setting.onFailure === 'refuse') throw error;
    noteFailure(realmId, setting.name, error);
    return false;
  }
}

/** What an answer is; null when it cannot be used and it is to be gone on without. Throws `service_unavailable`. */
async function decided<Answer>(
  realmId: string,
  { name, onFailure }: HookSetting,
  ask: () => Promise<Answer>,
): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HookFailure)) throw error;
    noteFailure(realmId, name, error);
    if (onFailure === 'allow') return null;
    throw new ApiError('service_unavailable', { retryAfter: 1 });
  }
}

async function answered<Schema extends z.ZodType>(
  deps: HookDependencies,
  realmId: string,
  setting: HookSetting,
  question: HookQuestion,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { status, text } = await callHook(deps, realmId, setting, question);
  const parsed = schema.safeParse(jsonOf(text));
  if (!parsed.success) throw new HookFailure('its answer has not the form that it has to have', status);
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noteFailure(realm: string, hook: HookName, error: unknown): void {
  log('error', 'hook_failed', { realm, hook, reason: (error as Error).message });
}

/** A line that can stand anywhere. */
function plainText(message: string): string {
  return message.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
}
