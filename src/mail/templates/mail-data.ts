/** Whose mail it is: what a realm looks like to its users. */
export interface Brand {
  name: string;
  /** `#rrggbb`. */
  color: string;
  /** Where its pages are; a link in a mail leads there and nowhere else. */
  origin: string;
}

/** Where something happened, as far as it is known: `Berlin, DE`, `Firefox on Windows`. */
interface Origin {
  place: string | null;
  device: string | null;
}

/** Every mail, and what it needs to be written. Points in time are RFC 3339. */
export interface MailData {
  welcome: { name: string | null; link: string; hours: number };
  verify_email: { name: string | null; link: string; hours: number };
  reset_password: { name: string | null; link: string; minutes: number } & Origin;
  /** The link leads to a reset, for an owner who did not do it. */
  password_changed: { name: string | null; at: string; link: string } & Origin;
  /** Goes to the new address. */
  confirm_new_email: { name: string | null; link: string; hours: number };
  /** Goes to the old address; the link undoes the change. */
  email_changed: { name: string | null; email_masked: string; link: string; hours: number };
  /** The link leads to the sessions or to a reset. */
  new_device: { name: string | null; at: string; link: string } & Origin;
  /** An account of a provider is a way in from now on; the link leads to a reset, for an owner who did not do it. */
  identity_linked: { name: string | null; provider: string; at: string; link: string } & Origin;
  /** To a user whom an admin has made; the link leads to a first password. */
  invitation: { name: string | null; link: string; hours: number };
  account_deleted: { name: string | null };
  /** To the owner of an address with which somebody tried to register again; the link leads to a reset. */
  account_exists: { name: string | null; link: string };
  /** From 100 per cent on, it says that the quota is used up. */
  quota_warning: { name: string | null; resource: string; percent: number; resets_at: string };
  one_time_code: { code: string; minutes: number } & Origin;
  /** To an operator who wants to see whether mail arrives. */
  test_email: { name: string | null; at: string };
}

/** Every text message, and what it needs. Data of the mail of that name will do. */
export interface TextData {
  one_time_code: Pick<MailData['one_time_code'], 'code' | 'minutes'>;
}

export type MailTemplate = keyof MailData;
export type TextTemplate = keyof TextData;
