import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { primary } from '../db/client.ts';
import { hashToken } from '../directory/links.ts';
import { ApiError, type ErrorCode } from '../errors.ts';
import { SECOND } from '../lib/time.ts';
import type { Flow } from './flow.ts';
import { claimFlow, readOutcome, settleFlow } from './outcome-store.ts';
import { staleFlow } from './provider-failure.ts';

/** How a flow ended: the browser goes there, with a session of its own or without. */
export interface FlowOutcome {
  redirectTo: string;
  session: { userId: string; sessionId: string } | null;
}

interface Failure {
  error: ErrorCode;
  detail: string;
}

/** How long the second waits for the first, who waits for the provider (milliseconds). */
const PATIENCE = 10 * SECOND;
const INTERVAL = 0.2 * SECOND;

/**
 * Ends a flow once, however often the browser comes back with it: a provider takes a code once, and may take back what it
 * gave for a code that it sees again (RFC 6749, 4.1.2). The others wait for the first and get what came of it, also an
 * error; `first` tells them apart. Throws what `finish` throws, and ProviderFailure `oauth_state_invalid` when the first
 * does not come to an end.
 */
export async function finishOnce(
  { d1, flowKeys }: { d1: D1Database; flowKeys: Keyring },
  realmId: string,
  flow: Flow,
  finish: () => Promise<FlowOutcome>,
): Promise<FlowOutcome & { first: boolean }> {
  const hash = hashToken(flow.state);
  const { db } = primary(d1);
  if (!(await claimFlow(db, { realmId, stateHash: hash, expiresAt: flow.expiresAt }))) {
    const outcome = await unseal<FlowOutcome | Failure>(flowKeys, await settled(d1, hash));
    if (!outcome) throw staleFlow('the outcome cannot be read');
    if ('detail' in outcome) throw new ApiError(outcome.error, { detail: outcome.detail });
    return { ...outcome, first: false };
  }
  const settle = async (outcome: FlowOutcome | Failure) =>
    settleFlow(db, hash, await seal(flowKeys, outcome));
  let outcome: FlowOutcome;
  try {
    outcome = await finish();
  } catch (error) {
    const { code, detail = '' } = error instanceof ApiError ? error : staleFlow('failed');
    await settle({ error: code, detail });
    throw error;
  }
  await settle(outcome);
  return { ...outcome, first: true };
}

/** What came of a flow, as soon as that is known. Throws ProviderFailure `oauth_state_invalid`. */
async function settled(d1: D1Database, stateHash: string): Promise<string> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    // The same D1 session again could be led to a replica that knows no more.
    const outcome = await readOutcome(primary(d1).db, stateHash);
    if (outcome !== null) return outcome;
    if (performance.now() >= deadline) throw staleFlow('the first is still under way');
    await scheduler.wait(INTERVAL);
  }
}
