import { type ProviderDeclaration, provider } from '../config/provider.ts';
import type { Variables } from '../config/variable.ts';

/** A text message (SMS). */
export interface TextMessage {
  /** E.164. */
  to: string;
  text: string;
  /** The same for every try of one message. */
  idempotencyKey: string;
}

/** Hands text messages over to a provider, which delivers them. */
export interface TextProvider {
  /** Resolves when the message was accepted. Throws DeliveryError, permanent or not; gives up after 20 seconds. */
  send(message: TextMessage): Promise<void>;
}

/** What each provider's file implements: one way to hand a text message over. */
export interface TextTransport {
  /**
   * Resolves when the message was accepted. Every error but DeliveryError counts as passing. Closes its connections
   * when the signal is aborted.
   */
  send(message: TextMessage, signal: AbortSignal): Promise<void>;
}

/** The bindings that every provider can use. */
export interface TextBindings {
  DB: D1Database;
}

/** Declares a provider of text messages: all that there is to say of it, in its own file. */
export function textProvider<V extends Variables>(
  declaration: ProviderDeclaration<V, TextBindings, TextTransport | null>,
) {
  return provider(declaration);
}
