/** A mail, rendered. */
export interface MailMessage {
  from: { address: string; name: string };
  to: string;
  subject: string;
  html: string;
  text: string;
  /** The same for every try of one mail: a provider that takes such a key sends it once. Becomes the Message-ID's left side. */
  idempotencyKey: string;
}

/** Hands mails over to somebody who delivers them. */
export interface MailProvider {
  /** Resolves when the mail was accepted. Throws DeliveryError, permanent or not; gives up after 20 seconds. */
  send(message: MailMessage): Promise<void>;
}
