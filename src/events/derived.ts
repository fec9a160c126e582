import type { AuditAction } from '../directory/audit-tables.ts';
import type { ActivityEntry, ActivityType } from '../directory/state.ts';
import type { ToldEvent } from './catalogue.ts';

/** What of an entry an event is made from. */
type Entry = Pick<ActivityEntry, 'type' | 'sessionId' | 'details'>;
type Derivation = ToldEvent | null | ((entry: Entry) => ToldEvent | null);

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const plain = <Type extends ToldEvent['type']>(type: Type) => ({ type, data: {} }) as ToldEvent;
const sessionCreated = ({ sessionId }: Entry): ToldEvent | null =>
  sessionId === null ? null : { type: 'session.created', data: { session_id: sessionId } };
const sessionRevoked =
  (reason: 'signed_out' | 'revoked' | 'token_reused', all = false) =>
  ({ sessionId }: Entry): ToldEvent => ({
    type: 'session.revoked',
    data: { session_id: all ? null : sessionId, reason },
  });
const ofApp =
  (type: 'app.authorized' | 'app.connected' | 'app.disconnected') =>
  ({ details }: Entry): ToldEvent => ({ type, data: { client_id: text(details?.client_id) } });
const ofOwnKey =
  (type: 'user.api_key_created' | 'user.api_key_updated' | 'user.api_key_revoked') =>
  ({ details }: Entry): ToldEvent => ({ type, data: { api_key_id: text(details?.api_key_id) } });
const ofBilling =
  (
    type:
      | 'payment.failed'
      | 'payment.reversed'
      | 'subscription.trial_ending'
      | 'payment_method.added'
      | 'payment_method.removed',
  ) =>
  ({ details }: Entry): ToldEvent => ({
    type,
    data: { stripe_event_id: text(details?.event), stripe_object_id: text(details?.subject) },
  });
const ofIdentity =
  (type: 'identity.linked' | 'identity.unlinked') =>
  ({ details }: Entry): ToldEvent => ({ type, data: { provider: text(details?.provider) } });

/** Which event an entry of the activity log is; null where nobody but the user needs to hear of it, for the reason beside it. */
const OF_ACTIVITY: Record<ActivityType, Derivation> = {
  // By an object it is the sign-in that comes with it; the account is told of where it is made.
  registered: sessionCreated,
  anonymous_created: sessionCreated,
  signed_in: sessionCreated,
  sign_in_failed: { type: 'sign_in.failed', data: { step: 'password' } },
  second_factor_failed: { type: 'sign_in.failed', data: { step: 'second_factor' } },
  account_locked: plain('user.locked'),
  // It changes nothing.
  reauthenticated: null,
  // It is a matter of a session that goes on.
  reauthentication_failed: null,
  signed_out: sessionRevoked('signed_out'),
  session_revoked: sessionRevoked('revoked'),
  sessions_revoked: sessionRevoked('revoked', true),
  refresh_token_reused: sessionRevoked('token_reused'),
  app_code_reused: sessionRevoked('token_reused'),
  password_changed: { type: 'password.changed', data: { by: 'change' } },
  password_reset: { type: 'password.changed', data: { by: 'reset' } },
  password_breached: plain('password.breached'),
  email_verified: plain('email.verified'),
  account_disowned: plain('user.disowned'),
  email_changed: { type: 'email.changed', data: { undone: false } },
  email_change_undone: { type: 'email.changed', data: { undone: true } },
  phone_number_verified: plain('phone.verified'),
  identity_linked: ofIdentity('identity.linked'),
  identity_unlinked: ofIdentity('identity.unlinked'),
  // It changes nothing here, and whoever took it knows.
  provider_token_taken: null,
  passkey_added: plain('passkey.added'),
  passkey_removed: plain('passkey.removed'),
  passkey_copied: plain('passkey.copied'),
  app_authorized: ofApp('app.authorized'),
  app_connected: ofApp('app.connected'),
  app_disconnected: ofApp('app.disconnected'),
  api_key_created: ofOwnKey('user.api_key_created'),
  api_key_changed: ofOwnKey('user.api_key_updated'),
  api_key_revoked: ofOwnKey('user.api_key_revoked'),
  factor_added: ({ details }) => ({
    type: 'mfa.added',
    data: { method: details?.method === 'passkey' ? 'passkey' : 'totp' },
  }),
  factor_removed: { type: 'mfa.removed', data: { method: 'totp' } },
  factors_reset: plain('mfa.reset'),
  recovery_code_used: plain('mfa.recovery_code_used'),
  recovery_codes_made: plain('mfa.recovery_codes_made'),
  // The account is told of where it is made.
  created_by_admin: null,
  // What was changed is told by its fields.
  changed_by_admin: null,
  suspended: plain('user.suspended'),
  reactivated: plain('user.reactivated'),
  // With which, the change says.
  role_changed: null,
  impersonated: ({ sessionId }) => ({ type: 'user.impersonated', data: { session_id: sessionId ?? '' } }),
  plan_changed: ({ details }) => ({
    type: 'plan.changed',
    data: {
      plan: text(details?.plan),
      expires_at: typeof details?.expires_at === 'string' ? details.expires_at : null,
    },
  }),
  plan_expired: plain('plan.expired'),
  limits_changed: plain('limits.changed'),
  caps_changed: plain('caps.changed'),
  trial_ending: ofBilling('subscription.trial_ending'),
  payment_failed: ofBilling('payment.failed'),
  payment_reversed: ofBilling('payment.reversed'),
  payment_method_added: ofBilling('payment_method.added'),
  payment_method_removed: ofBilling('payment_method.removed'),
  top_up_stopped: ({ details }) => ({ type: 'top_up.stopped', data: { reason: text(details?.reason) } }),
  // It is told by who deletes.
  account_deleted: null,
};

/** The types that entries of the activity log can have; the last are of earlier versions. */
export const LOGGED_TYPES: readonly string[] = [
  ...Object.keys(OF_ACTIVITY),
  ...['credits_added', 'credits_granted', 'credits_used', 'credits_refunded', 'credits_expired'],
];

/** The event that an entry of the activity log is, or null. */
export function eventOfActivity(entry: Entry): ToldEvent | null {
  const derivation = OF_ACTIVITY[entry.type];
  return typeof derivation === 'function' ? derivation(entry) : derivation;
}

/** Fields of a user by their columns' names. What is not here is nobody's to hear of, or has events of its own. */
const USER_FIELDS: Record<string, string> = {
  username: 'username',
  name: 'name',
  givenName: 'given_name',
  familyName: 'family_name',
  picture: 'picture',
  bio: 'bio',
  phoneNumber: 'phone_number',
  country: 'country',
  locale: 'locale',
  email: 'email',
  metadata: 'metadata',
};

/** The event that a change of a user's row is: that of its entry in the activity log, else which fields it sets, or null. */
export function eventOfChange(change: {
  set: Record<string, unknown>;
  activity?: Entry | null | undefined;
}): ToldEvent | null {
  const { set, activity } = change;
  // Without a session of its own: an anonymous user has registered.
  if (activity?.type === 'registered') return plain('user.registered');
  if (activity?.type === 'role_changed') return { type: 'user.role_changed', data: { role: text(set.role) } };
  const event = activity ? eventOfActivity(activity) : null;
  if (event) return event;
  const changed = Object.entries(USER_FIELDS).flatMap(([own, name]) =>
    set[own] === undefined ? [] : [name],
  );
  return changed.length > 0 ? { type: 'user.updated', data: { changed } } : null;
}

/** What of an entry of the audit log an event is made from. */
type Act = { action: AuditAction; target: string; details?: Record<string, unknown> };

const ofKey =
  (type: 'api_key.created' | 'api_key.rotated' | 'api_key.revoked' | 'api_key.taken_over') =>
  ({ target }: Act): ToldEvent => ({ type, data: { api_key_id: target } });
const ofClient =
  (type: 'client.created' | 'client.updated' | 'client.secret_rotated' | 'client.deleted') =>
  ({ target }: Act): ToldEvent => ({ type, data: { client_id: target } });
const ofResource =
  (type: 'protected_resource.created' | 'protected_resource.updated' | 'protected_resource.deleted') =>
  ({ target }: Act): ToldEvent => ({ type, data: { protected_resource_id: target } });

const ofOrganization =
  (type: 'organization.created' | 'organization.deleted') =>
  ({ target }: Act): ToldEvent => ({ type, data: { organization_id: target } });
const ofOrganizationKey =
  (type: 'organization.api_key_created' | 'organization.api_key_updated' | 'organization.api_key_revoked') =>
  ({ target, details }: Act): ToldEvent => ({
    type,
    data: { organization_id: target, api_key_id: text(details?.api_key_id) },
  });
const ofMember =
  (type: 'member.joined' | 'member.role_changed' | 'member.removed') =>
  ({ target, details }: Act): ToldEvent => ({
    type,
    data: { organization_id: target, member_id: text(details?.user_id), role: text(details?.role) },
  });
const ofInvitation =
  (type: 'member.invited' | 'invitation.revoked') =>
  ({ target, details }: Act): ToldEvent => ({
    type,
    data: { organization_id: target, invitation_id: text(details?.invitation_id) },
  });
const ofDomain =
  (type: 'domain.added' | 'domain.updated' | 'domain.verified' | 'domain.removed') =>
  ({ target, details }: Act): ToldEvent => ({
    type,
    data: { organization_id: target, domain_id: text(details?.domain_id) },
  });

/** What Stripe has told of an organization, as the same is told of a user. */
const ofBilledOrganization = ({ target, details }: Act): ToldEvent | null => {
  const own = { organization_id: target };
  const activity = text(details?.activity) as ActivityType;
  if (activity === 'plan_changed') {
    const { subscription_id: id, plan, status } = details ?? {};
    const data = { ...own, subscription_id: text(id), plan: text(plan), status: text(status) };
    return { type: 'subscription.updated', data };
  }
  const event = eventOfActivity({ type: activity, sessionId: null, details: details ?? {} });
  return event && ({ ...event, data: { ...event.data, ...own } } as ToldEvent);
};

/** Which event an act of operators, services and members of organizations is. What it does to a user is told of the user, and money by Stripe's events. */
const OF_AUDIT: Partial<Record<AuditAction, (act: Act) => ToldEvent | null>> = {
  client_created: ofClient('client.created'),
  client_changed: ofClient('client.updated'),
  client_secret_rotated: ofClient('client.secret_rotated'),
  client_deleted: ofClient('client.deleted'),
  protected_resource_created: ofResource('protected_resource.created'),
  protected_resource_changed: ofResource('protected_resource.updated'),
  protected_resource_deleted: ofResource('protected_resource.deleted'),
  organization_created: ofOrganization('organization.created'),
  organization_changed: ({ target, details }) => ({
    type: 'organization.updated',
    data: { organization_id: target, changed: (details?.changed as string[] | undefined) ?? [] },
  }),
  organization_transferred: ({ target, details }) => ({
    type: 'organization.transferred',
    data: { organization_id: target, member_id: text(details?.user_id) },
  }),
  organization_deleted: ofOrganization('organization.deleted'),
  organization_key_created: ofOrganizationKey('organization.api_key_created'),
  organization_key_changed: ofOrganizationKey('organization.api_key_updated'),
  organization_key_revoked: ofOrganizationKey('organization.api_key_revoked'),
  member_joined: ofMember('member.joined'),
  member_role_changed: ofMember('member.role_changed'),
  member_removed: ofMember('member.removed'),
  member_invited: ofInvitation('member.invited'),
  invitation_revoked: ofInvitation('invitation.revoked'),
  domain_added: ofDomain('domain.added'),
  domain_changed: ofDomain('domain.updated'),
  domain_verified: ofDomain('domain.verified'),
  domain_removed: ofDomain('domain.removed'),
  api_key_created: ofKey('api_key.created'),
  api_key_rotated: ofKey('api_key.rotated'),
  api_key_revoked: ofKey('api_key.revoked'),
  api_key_taken_over: ofKey('api_key.taken_over'),
  users_imported: ({ target }) => ({ type: 'users.imported', data: { import_id: target } }),
  plan_saved: ({ target }) => ({ type: 'plan.saved', data: { plan: target } }),
  organization_billing: ofBilledOrganization,
  billing_prices_replaced: () => plain('prices.replaced'),
  realm_changed: () => plain('realm.updated'),
  signing_key_rotated: ({ target }) => ({ type: 'signing_key.rotated', data: { kid: target } }),
};

/** The event that an act of operators and services is, or null. */
export function eventOfAudit(act: Act): ToldEvent | null {
  return OF_AUDIT[act.action]?.(act) ?? null;
}

/** Of which organization something is, and on whose behalf, where that is known. */
export interface OrganizationAbout {
  organizationId: string;
  member: string | null;
}

function organizationNames(about: OrganizationAbout | null) {
  if (!about) return {};
  const { organizationId: organization_id, member } = about;
  return { organization_id, ...(member?.startsWith('usr_') && { member_id: member }) };
}

/** The events that a row of the ledger is. `topped` is the balance when credits came in last before it. */
export function eventsOfTransaction(
  row: {
    id: string;
    type: string;
    amount: number;
    balance_after: number;
    topped: number | null;
  },
  about: OrganizationAbout | null,
): ToldEvent[] {
  const { id, type, amount, balance_after: balance, topped } = row;
  const of = organizationNames(about);
  const low = (topped ?? 0) / 10;
  const isLow = amount < 0 && balance < low && balance - amount >= low;
  return [
    {
      type: 'credits.changed',
      data: { transaction_id: id, transaction_type: type, amount, balance_after: balance, ...of },
    },
    ...(isLow ? [{ type: 'credits.low' as const, data: { transaction_id: id, balance, ...of } }] : []),
  ];
}

/** The event that a mail about a quota or a cap is, or null. At 100 per cent and above it is used up. */
export function eventOfAlert(
  mail: { template: string; data: object },
  about: OrganizationAbout | null,
): ToldEvent | null {
  const { resource, percent, resets_at, api_key } = mail.data as {
    resource: string | null;
    percent: number;
    resets_at: string;
    api_key?: { id: string } | null;
  };
  const data = { percent, resets_at, ...organizationNames(about) };
  if (mail.template === 'cap_warning') {
    const ofKey = api_key ? { api_key_id: api_key.id } : {};
    return { type: percent >= 100 ? 'cap.exceeded' : 'cap.warning', data: { resource, ...data, ...ofKey } };
  }
  if (mail.template !== 'quota_warning' || resource === null) return null;
  return { type: percent >= 100 ? 'quota.exceeded' : 'quota.warning', data: { resource, ...data } };
}
