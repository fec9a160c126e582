import { DeadlineError, withDeadline } from '../lib/deadline.ts';
import { SECOND } from '../lib/time.ts';

/** Why a mail or text message could not be handed over. The reason is for operators: no address, no text, no secret. */
export class DeliveryError extends Error {
  /** Trying again cannot help: the recipient or the message was refused. */
  readonly permanent: boolean;
  /** For how long the recipient wants to be left alone, milliseconds; null when nobody says. */
  readonly retryAfter: number | null;

  constructor(reason: string, options: { permanent: boolean; retryAfter?: number | null }) {
    super(reason);
    this.name = 'DeliveryError';
    this.permanent = options.permanent;
    this.retryAfter = options.retryAfter ?? null;
  }
}

/** A failure that may pass, or that an operator can mend. */
export function passing(reason: string): DeliveryError {
  return new DeliveryError(reason, { permanent: false });
}

/** How long a provider may take, in milliseconds. */
export const PROVIDER_TIMEOUT = 20 * SECOND;

/** Lets a provider send until `timeoutMs` are over. Throws DeliveryError only: every other error counts as passing. */
export async function deliver<Sent>(
  send: (signal: AbortSignal) => Promise<Sent>,
  timeoutMs: number,
): Promise<Sent> {
  try {
    return await withDeadline(send, timeoutMs);
  } catch (error) {
    if (error instanceof DeadlineError) throw passing(`no answer within ${timeoutMs / SECOND} seconds`);
    if (error instanceof DeliveryError) throw error;
    // Its message may name the recipient; its class does not.
    throw passing(`the connection failed (${error instanceof Error ? error.name : typeof error})`);
  }
}
