import { generateCodeVerifier, generateState } from 'arctic';
import { equalsInConstantTime, type Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { hashToken } from '../directory/links.ts';
import { FLOW_COOKIE_PREFIX, type FlowCookie } from '../http/flow-cookie.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import type { FlowBinding } from './protocol.ts';
import { staleFlow } from './provider-failure.ts';

/** How long somebody may take at the provider (milliseconds). */
const FLOW_LIFETIME = 10 * MINUTE;

/** A session for which somebody goes to a provider. With `proves` nothing new is linked. */
export interface FlowSession {
  userId: string;
  sessionId: string;
  proves?: true;
}

/** What a sign-in at a provider is for. */
export interface FlowPurpose {
  realmId: string;
  provider: string;
  /** Where to go afterwards: on the realm's list. */
  redirectTo: string;
  /** An app's own PKCE challenge and state: then it gets a code instead of the browser a session. */
  app: { challenge: string; state: string | null } | null;
  /** The session of a user who wants to link an account, or to prove by a linked one who they are. */
  link: FlowSession | null;
}

/** A sign-in under way: lies in a cookie of the browser that began it. `expiresAt` is Unix milliseconds. */
export interface Flow extends FlowPurpose, FlowBinding {
  expiresAt: number;
}

/** Characters of the name of a cookie that tell its state; before them stands when it was begun. */
const STATE_DIGITS = 8;
const TIME_DIGITS = 8;

/** Each flow has a cookie of its own, so that two tabs do not disturb each other. Their names sort by age. */
function flowCookieName(flow: Flow): string {
  const begun = (flow.expiresAt - FLOW_LIFETIME).toString(36).padStart(TIME_DIGITS, '0');
  return `${FLOW_COOKIE_PREFIX}${begun}${stateDigits(flow.state)}`;
}

function stateDigits(state: string): string {
  return hashToken(state).slice(0, STATE_DIGITS);
}

/** The cookie of a state, among those of the browser that came back with it. */
export function flowCookieOf(cookies: Record<string, string>, state: string): string | undefined {
  const digits = stateDigits(state);
  const isOfState = ([name]: [string, string]) =>
    name.startsWith(FLOW_COOKIE_PREFIX) && name.endsWith(digits);
  return Object.entries(cookies).find(isOfState)?.[1];
}

/** A new flow with secrets of its own. */
export function newFlow(purpose: FlowPurpose): Flow {
  return {
    ...purpose,
    state: generateState(),
    nonce: generateState(),
    verifier: generateCodeVerifier(),
    expiresAt: Date.now() + FLOW_LIFETIME,
  };
}

/** The cookie that carries a flow. */
export async function flowCookie(keys: Keyring, flow: Flow, postsBack: boolean): Promise<FlowCookie> {
  return {
    name: flowCookieName(flow),
    value: await seal(keys, flow),
    maxAge: FLOW_LIFETIME / SECOND,
    sameSite: postsBack ? 'None' : 'Lax',
  };
}

/**
 * The flow of a state that came back, by the cookie of this browser; it may have expired. Throws ProviderFailure
 * `oauth_state_invalid`.
 */
export async function openFlow(
  keys: Keyring,
  expected: { realmId: string; provider: string; state: string | undefined },
  cookie: string | undefined,
): Promise<Flow> {
  const flow = cookie === undefined ? null : await unseal<Flow>(keys, cookie);
  if (!flow) throw staleFlow('no cookie for this state');
  if (flow.realmId !== expected.realmId || flow.provider !== expected.provider) throw staleFlow('elsewhere');
  if (!equalsInConstantTime(flow.state, expected.state ?? '')) throw staleFlow('state');
  return flow;
}
