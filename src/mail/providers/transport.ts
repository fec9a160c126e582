import { DeliveryError } from '../../lib/delivery.ts';
import type { MailMessage, MailProvider } from '../port.ts';

/** What each file here implements: one way to hand a mail over. */
export interface MailTransport {
  /**
   * Resolves when the mail was accepted. What it throws besides DeliveryError counts as passing. Ends its
   * connections when the signal says so.
   */
  send(message: MailMessage, signal: AbortSignal): Promise<void>;
}

/** No quoted local parts and no comments: what needs them is more often an attack than an address. */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(\.[a-z\d-]+)*$/i;
const KEY = /^[\w.-]{1,200}$/;
const CONTROL_CHARACTER = /[\p{Cc}\u2028\u2029]/u;

/** Makes a transport the port: nothing that could end a header reaches it, and it is given up in time. */
export function guarded(transport: MailTransport, timeoutMs: number): MailProvider {
  return {
    async send(message) {
      refuseInjection(message);
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), timeoutMs);
      const late = new Promise<never>((_, reject) => {
        deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason));
      });
      try {
        await Promise.race([transport.send(message, deadline.signal), late]);
      } catch (error) {
        if (deadline.signal.aborted) throw passing(`no answer within ${timeoutMs / 1000} seconds`);
        if (error instanceof DeliveryError) throw error;
        // Its message may name the recipient; its class does not.
        throw passing(`the connection failed (${error instanceof Error ? error.name : typeof error})`);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** A failure that time or an operator may mend. */
export function passing(reason: string): DeliveryError {
  return new DeliveryError(reason, { permanent: false });
}

function refuseInjection({ from, to, subject, idempotencyKey }: MailMessage): void {
  const refuse = (what: string) => new DeliveryError(`the ${what} is not usable`, { permanent: true });
  if (!ADDRESS.test(to)) throw refuse('recipient');
  if (!ADDRESS.test(from.address) || CONTROL_CHARACTER.test(from.name)) throw refuse('sender');
  if (CONTROL_CHARACTER.test(subject)) throw refuse('subject');
  if (!KEY.test(idempotencyKey)) throw refuse('idempotency key');
}
