import { type ProviderDeclaration, provider } from '../config/provider.ts';
import type { Variables } from '../config/variable.ts';
import type { DeliveryError } from './delivery.ts';

/** A mail, rendered. */
export interface MailMessage {
  from: { address: string; name: string };
  to: string;
  subject: string;
  html: string;
  text: string;
  /**
   * The same for every try of one mail. A provider that takes such a key sends the mail once. It becomes the left side
   * of the Message-ID.
   */
  idempotencyKey: string;
}

/** What became of a mail that was handed over: null, or why it was not taken. */
export type MailOutcome = DeliveryError | null;

/** Hands mails over to a provider, which delivers them. */
export interface MailProvider {
  /** How many mails it takes in one call. */
  readonly perCall: number;
  /** Resolves when the mail was accepted. Throws DeliveryError, permanent or not; gives up after 20 seconds. */
  send(message: MailMessage): Promise<void>;
  /**
   * Hands over no more than `perCall` mails in one call, for 20 seconds; never throws. Gives the outcome of each. Mails that
   * share one error object failed together and may have been taken: a try of just these again sends none of them twice,
   * where the provider takes idempotency keys.
   */
  sendAll(messages: MailMessage[]): Promise<MailOutcome[]>;
}

/** What each provider's file implements: one way to hand a mail over, and many in one call if the provider has that. */
export interface MailTransport {
  /**
   * Resolves when the mail was accepted. Every error but DeliveryError counts as passing. Closes its connections when
   * the signal is aborted.
   */
  send(message: MailMessage, signal: AbortSignal): Promise<void>;
  bulk?: {
    /** How many mails one call takes. */
    perCall: number;
    /** Gives the outcome of each. Throws as `send` does when the call failed as a whole. */
    send(messages: MailMessage[], signal: AbortSignal): Promise<MailOutcome[]>;
  };
}

/** The bindings that every provider can use. */
export interface MailBindings {
  DB: D1Database;
}

/** Declares a provider of mail: all that there is to say of it, in its own file. */
export function mailProvider<V extends Variables>(
  declaration: ProviderDeclaration<V, MailBindings, MailTransport>,
) {
  return provider(declaration);
}
