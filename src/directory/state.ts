import type { Refusal } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import type { OwnFactors } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';

/** The plan of everybody who has no other, and of those whose plan has lapsed. */
export const DEFAULT_PLAN = 'free';

/** The plan of every organization that has no other: what the realm says under this id, and nothing where it says nothing. */
export const ORGANIZATION_PLAN = 'organization';

/** How much of a resource may be used in a UTC day, a UTC month, or both; null is unlimited. */
export interface Limit {
  day?: number | null;
  month?: number | null;
}

/** Limits by the name of the resource. What is missing may not be used at all. */
export type Limits = Record<string, Limit>;

/** A user of a realm, by both ids. */
export interface UserRef {
  realmId: string;
  userId: string;
}

/** What the directory (D1) says of an account that its object must know to decide alone. */
export interface DirectoryState {
  userId: string;
  realmId: string;
  role: 'user' | 'admin' | 'owner';
  plan: string;
  /** When the plan lapses, Unix milliseconds; null is never. */
  planExpiresAt: number | null;
  /** Limits of this user alone, in place of the plan's. */
  customLimits: Limits;
  /** The plan comes from a subscription, whose invoices bring its credits; otherwise the plan brings them monthly. */
  subscribed?: boolean;
  /** The meters by which that subscription pays for what is beyond the plan's limits: names of their events. */
  meters?: string[] | null;
  /** Credits that the user brought along from elsewhere. */
  openingCredits?: number;
  /** The directory holds something of the user's past that the object has to fetch. */
  hasPast?: boolean;
  /** The row was written with the first entry of the log and the first session. */
  hasFirstEntry?: boolean;
  status: 'active' | 'suspended';
  emailVerified: boolean;
  /** Whether nothing opens the account but its sessions. Copies that objects made before it was here lack it. */
  anonymous?: boolean;
  /** The binding of the database that has the row; left out where it is `DB`. */
  database?: string;
  /** For what access tokens say in the dialect `auth-service`. Copies that objects made before it was here lack it. */
  username?: string | null;
  /** How many authenticator apps and passkeys the account has. Copies that objects made before it was here lack it. */
  factors?: OwnFactors;
  /** Whether text messages reach a number that opens the account. */
  phone?: boolean;
  version: number;
  credentialVersion: number;
}

/** Everything the activity log of an account can say. */
export type ActivityType =
  | 'registered'
  | 'anonymous_created'
  | 'signed_in'
  | 'sign_in_failed'
  | 'account_locked'
  | 'reauthenticated'
  | 'reauthentication_failed'
  | 'signed_out'
  | 'session_revoked'
  | 'sessions_revoked'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'password_reset'
  | 'password_breached'
  | 'email_verified'
  | 'account_disowned'
  | 'email_changed'
  | 'email_change_undone'
  | 'phone_number_verified'
  | 'identity_linked'
  | 'identity_unlinked'
  | 'provider_token_taken'
  | 'passkey_added'
  | 'passkey_removed'
  | 'passkey_copied'
  | 'app_authorized'
  | 'app_connected'
  | 'app_disconnected'
  | 'app_code_reused'
  | 'api_key_created'
  | 'api_key_changed'
  | 'api_key_revoked'
  | 'factor_added'
  | 'factor_removed'
  | 'factors_reset'
  | 'second_factor_failed'
  | 'recovery_code_used'
  | 'recovery_codes_made'
  | 'created_by_admin'
  | 'changed_by_admin'
  | 'suspended'
  | 'reactivated'
  | 'role_changed'
  | 'impersonated'
  | 'plan_changed'
  | 'plan_expired'
  | 'limits_changed'
  | 'caps_changed'
  | 'trial_ending'
  | 'payment_failed'
  | 'payment_reversed'
  | 'payment_method_added'
  | 'payment_method_removed'
  | 'top_up_stopped'
  | 'account_deleted';

/** One entry of the activity log of an account. */
export interface ActivityEntry {
  type: ActivityType;
  sessionId: string | null;
  /** Null when it was no device of the user's. */
  client: Client | null;
  /** Who did it, when it was not the user: the id of an API key or of an admin, or `system`. */
  actor?: string;
  details?: Record<string, unknown>;
  /** By which request, where the client does not say. */
  requestId?: string | null;
}

/** The number of the entry of the log that a registration writes with the user's row. */
export const FIRST_ENTRY = 1;

/** What comes with a change of the directory. */
export interface ToldChange {
  /** The D1 bookmark of the change, so that the user's next read sees it. */
  bookmark: string | null;
  /** The session that made it, which lives on when the change ends the others. */
  keepSession: string | null;
  /** The user has proved who they are by other means than the password: failures with it are forgiven. */
  forgiveFailures: boolean;
  activity: ActivityEntry | null;
}

/** What the directory needs of the account object, which keeps a copy of what it decides by. */
export interface DirectoryMirror {
  /** Called before the directory is changed: should nobody report the change, the object looks it up by itself. */
  announceChange(): Promise<void>;
  /** The same for a deletion: what the address has used is in the directory before the address is free for the next. */
  announceDeletion(): Promise<void>;
  /** Takes over what the directory now says; an older row changes nothing. */
  directoryChanged(directory: DirectoryState, change: ToldChange): Promise<void>;
  /** The user is no more: ends everything at once, and clears away what is left of them soon after. */
  userDeleted(user: UserRef): Promise<void>;
  /** The realm lives in the database of that binding now. */
  moved(database: string): Promise<void>;
  /** Remembers a write that changed nothing the object decides by. */
  noteBookmark(bookmark: string): Promise<void>;
  /** Adds an entry to the activity log; `isTold`: webhooks have been told of it. Refuses with `user_not_found`. */
  logActivity(
    entry: ActivityEntry,
    bookmark: string | null,
    isTold?: boolean,
  ): Promise<{ result: 'ok' } | Refusal>;
}

/** The object of one user. */
export type DirectoryMirrors = (userId: string) => DirectoryMirror;

/**
 * Whether a user has to prove their address before they are let in: where addresses are verified first. Who has registered without
 * one has none to prove.
 */
export function mustProveAddress(
  { registration }: Pick<Realm, 'registration'>,
  { email, emailVerified }: { email: string; emailVerified: boolean },
): boolean {
  return registration === 'verify_first' && !emailVerified && !isPlaceholder(email);
}

/**
 * Whether a user's proven number opens the account: one that was added while the address was unproven does not, until the
 * address is proven, and one that was proven without a session does not, until it is proven with one.
 */
export function opensByPhone(user: {
  phoneNumberVerified: boolean;
  phoneProvenApart: boolean;
  emailVerified: boolean;
  phoneAddedUnproven: boolean;
}): boolean {
  const { phoneNumberVerified, phoneProvenApart, emailVerified, phoneAddedUnproven } = user;
  return phoneNumberVerified && !phoneProvenApart && (emailVerified || !phoneAddedUnproven);
}
