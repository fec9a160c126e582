import { type ProviderDeclaration, provider } from '../config/provider.ts';
import type { Variables } from '../config/variable.ts';

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

/** Hands mails over to a provider, which delivers them. */
export interface MailProvider {
  /** Resolves when the mail was accepted. Throws DeliveryError, permanent or not; gives up after 20 seconds. */
  send(message: MailMessage): Promise<void>;
}

/** What each provider's file implements: one way to hand a mail over. */
export interface MailTransport {
  /**
   * Resolves when the mail was accepted. Every error but DeliveryError counts as passing. Closes its connections when
   * the signal is aborted.
   */
  send(message: MailMessage, signal: AbortSignal): Promise<void>;
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
