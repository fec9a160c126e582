/** The sender of a mail as its users know it: a realm. */
export interface Brand {
  name: string;
  /** `#rrggbb`. */
  color: string;
  /** The origin of its pages. Every link in a mail leads there. */
  origin: string;
}

/** Where something happened, as far as it is known: `Berlin, DE`, `Firefox on Windows`. */
interface Origin {
  place: string | null;
  device: string | null;
}

/** What of an account was changed, where the change has no mail of its own. */
export type AccountChange =
  | 'phone_number_added'
  | 'phone_number_removed'
  | 'identity_unlinked'
  | 'passkey_added'
  | 'passkey_confirmed'
  | 'passkey_removed'
  | 'totp_added'
  | 'totp_removed'
  | 'factors_reset'
  | 'recovery_code_used'
  | 'api_key_created'
  | 'api_key_rotated'
  | 'api_key_revoked'
  | 'api_key_taken_over'
  | 'own_key_revoked'
  | 'payment_method_added'
  | 'payment_method_removed'
  | 'payment_method_changed';

/** Every mail, and its data. Points in time are RFC 3339. */
export interface MailData {
  welcome: { name: string | null; link: string; hours: number };
  /** To who came by a provider, which has verified the address. The link leads to the account. */
  welcome_by_provider: { name: string | null; provider: string; link: string };
  verify_email: { name: string | null; link: string; hours: number };
  reset_password: { name: string | null; link: string; minutes: number } & Origin;
  /** The link leads to a reset, for an owner who did not do it. */
  password_changed: { name: string | null; at: string; link: string } & Origin;
  /** The password was brought along from elsewhere. The link leads to the security of the account. */
  password_breached: { name: string | null; link: string };
  /** Goes to the new address. */
  confirm_new_email: { name: string | null; link: string; hours: number };
  /** Goes to the old address; the link undoes the change. */
  email_changed: { name: string | null; email_masked: string; link: string; hours: number };
  /** The link leads to the sessions or to a reset. */
  new_device: { name: string | null; at: string; link: string } & Origin;
  /** An account at a provider can now sign in. The link leads to a reset, for an owner who did not do it. */
  identity_linked: { name: string | null; provider: string; at: string; link: string } & Origin;
  /** A way in, a key or a way to pay is new, another, or gone. The link leads to the security of the account. */
  account_changed: {
    name: string | null;
    /** Of which it is, where it is none of the user's own. */
    organization?: string | null;
    change: AccountChange;
    about: string | null;
    at: string;
    link: string;
  } & Origin;
  /** To a user whom an admin has made. The link leads to a page that sets the first password. */
  invitation: { name: string | null; link: string; hours: number };
  /** To an address that need have no account. The link leads to a page whose button accepts. */
  organization_invitation: {
    name: string | null;
    /** Null for an operator. */
    inviter: string | null;
    organization: string | null;
    link: string;
    days: number;
  };
  account_deleted: { name: string | null };
  /** To the owner of an address with which somebody tried to register again; the link leads to a reset. */
  account_exists: { name: string | null; link: string };
  /** At 100 per cent and above it says that the quota is used up. Of an organization it goes to those who may see what is paid. */
  quota_warning: {
    name: string | null;
    organization?: string | null;
    resource: string;
    percent: number;
    resets_at: string;
  };
  /** As `quota_warning`, of a spending cap; `resource` is null for credits, `is_own` of the cap of one member, `api_key` of that of a key. */
  cap_warning: {
    name: string | null;
    organization?: string | null;
    resource: string | null;
    percent: number;
    resets_at: string;
    is_own: boolean;
    api_key?: { id: string; name: string | null } | null;
  };
  one_time_code: { code: string; minutes: number } & Origin;
  /** The link leads to a page whose button signs in. */
  sign_in_link: { link: string; minutes: number } & Origin;
  /** Credits are not bought again by themselves any more. The link leads to where that is turned on again. */
  top_up_stopped: {
    name: string | null;
    organization: string | null;
    reason: 'declined' | 'authentication_required' | 'no_payment_method' | 'price_gone';
    link: string;
  };
  /**
   * Mails about what an organization pays go to another address. To the one before, with where it is changed; and to the new one.
   * Where nobody has proved an address, it gets nothing that members have written: not the name of the organization either.
   */
  billing_email_changed: {
    name: string | null;
    told: { organization: string | null; email_masked: string } | null;
    link: string;
  };
  /** To an operator: a webhook gets nothing any more. The link leads to the webhooks. */
  webhook_disabled: { name: string | null; host: string; reason: 'failing' | 'gone'; link: string };
  /** To an operator who wants to see whether mail arrives. */
  test_email: { name: string | null; at: string };
}

/** Every text message, and its data. The data of the mail with the same name fits too. */
export interface TextData {
  one_time_code: Pick<MailData['one_time_code'], 'code' | 'minutes'>;
}

export type MailTemplate = keyof MailData;
export type TextTemplate = keyof TextData;
