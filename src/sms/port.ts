/** A text message. */
export interface TextMessage {
  /** E.164. */
  to: string;
  text: string;
  /** The same for every try of one message. */
  idempotencyKey: string;
}

/** Hands text messages over to somebody who delivers them. */
export interface SmsProvider {
  /** Resolves when the message was accepted. Throws DeliveryError, permanent or not; gives up after 20 seconds. */
  send(message: TextMessage): Promise<void>;
}
