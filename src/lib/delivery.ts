/** Why a mail or text message could not be handed over. The reason is for operators: no address, no text, no secret. */
export class DeliveryError extends Error {
  /** Trying again cannot help: the recipient or the message was refused. */
  readonly permanent: boolean;

  constructor(reason: string, options: { permanent: boolean }) {
    super(reason);
    this.name = 'DeliveryError';
    this.permanent = options.permanent;
  }
}
