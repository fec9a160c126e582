/** Bounds how many mails strangers can have sent to one address. */
export interface MailBudget {
  /** Whether one more mail may go there; counts it. The same for addresses that nobody has. */
  take(realmId: string, email: string): Promise<boolean>;
}

/** Bounds what strangers can have sent at the operator's cost, by the UTC day. */
export interface SmsBudget {
  /** Whether one more text may go to that number; counts it. */
  take(realmId: string, phoneNumber: string): Promise<boolean>;
}
