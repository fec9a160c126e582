/** How a peer fails for a recipient. `twilio-…`: Twilio's error of that number, with status 400. */
export type Fault =
  | 'reject-recipient'
  | 'reject-message'
  | 'refuse-credentials'
  | 'server-error'
  | 'too-many-requests'
  | 'hang'
  | 'drop-after-data'
  | `twilio-${number}`;

/** The faults that tests have set, by a regular expression that the recipient matches. */
export class Faults {
  readonly #faults = new Map<string, Fault>();

  set(pattern: string, fault: Fault | null): void {
    if (fault) this.#faults.set(pattern, fault);
    else this.#faults.delete(pattern);
  }

  of(recipient: string): Fault | undefined {
    for (const [pattern, fault] of this.#faults) if (new RegExp(pattern).test(recipient)) return fault;
  }
}
