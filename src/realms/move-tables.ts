/** A table whose rows go with their realm. */
export interface MovedTable {
  name: string;
  /** By what a row is known in whichever database. */
  key: readonly string[];
  /** In what order rows are copied, if not by the key: each is unique. */
  order?: string;
  /** Whose the rows are: of the realm that they name, or of the user or organization that they name. */
  of: 'realm' | 'user' | 'organization';
  /** What the database itself numbers. */
  leaves?: string;
}

const ofRealm = (name: string, ...key: string[]): MovedTable => ({ name, key, of: 'realm' });
const ofOrganization = (name: string, ...key: string[]): MovedTable => ({ name, key, of: 'organization' });
const ofUser = (name: string, ...key: string[]): MovedTable => ({ name, key, of: 'user' });

/** In the order in which they are copied: what refers to users comes after them. */
export const MOVED_TABLES: readonly MovedTable[] = [
  ofRealm('users', 'id'),
  ofUser('passwords', 'user_id'),
  ofUser('shadow_passwords', 'user_id'),
  ofUser('one_time_tokens', 'user_id', 'purpose', 'slot'),
  ofUser('preferences', 'user_id'),
  ofRealm('identities', 'user_id', 'provider'),
  ofRealm('passkeys', 'id'),
  ofRealm('factors', 'id'),
  ofRealm('organizations', 'id'),
  ofRealm('organization_members', 'organization_id', 'user_id'),
  ofRealm('organization_leavers', 'organization_id', 'user_id'),
  ofRealm('organization_invitations', 'id'),
  ofRealm('organization_domains', 'id'),
  ofRealm('organization_usage', 'organization_id', 'month', 'member', 'resource'),
  ofRealm('usage_monthly', 'user_id', 'month', 'resource'),
  ofUser('past_sessions', 'id'),
  ofUser('past_uses', 'user_id', 'seq'),
  ofUser('past_token_uses', 'user_id', 'seq'),
  ofUser('past_usage_days', 'user_id', 'date', 'resource'),
  ofUser('past_token_days', 'user_id', 'date', 'model'),
  ofRealm('imported_users', 'user_id'),
  ofRealm('imports', 'realm_id', 'id'),
  ofRealm('billing_customers', 'user_id'),
  ofUser('billing_subscriptions', 'id'),
  ofUser('billing_invoice_rates', 'invoice_id', 'price_id'),
  ofRealm('billing_reversals', 'reference'),
  ofRealm('organization_customers', 'organization_id'),
  ofOrganization('organization_subscriptions', 'id'),
  ofOrganization('organization_invoice_rates', 'invoice_id', 'price_id'),
  ofRealm('organization_reversals', 'reference'),
  ofRealm('seat_changes', 'organization_id'),
  ofRealm('top_ups', 'payer_id'),
  ofRealm('overage_reports', 'hour', 'payer_id', 'meter'),
  { ...ofRealm('billing_events', 'id'), order: 'seq', leaves: 'seq' },
  ofRealm('billing_prices', 'realm_id', 'price_id'),
  ofRealm('plans', 'realm_id', 'id'),
  ofRealm('api_keys', 'id'),
  ofRealm('oauth_clients', 'id'),
  ofRealm('used_assertions', 'hash'),
  ofRealm('protected_resources', 'id'),
  ofRealm('logout_notices', 'id'),
  ofRealm('activity', 'user_id', 'seq'),
  ofRealm('audit', 'id'),
  // Its trigger has nobody to send them to while endpoints come after them.
  ofRealm('events', 'id'),
  ofRealm('outbox', 'id'),
  ofRealm('webhook_attempts', 'delivery_id', 'attempt'),
  ofRealm('webhook_endpoints', 'id'),
  ofRealm('oauth_flows', 'state_hash'),
  ofRealm('spent_quota', 'address_key', 'period', 'resource'),
];

/** What triggers and sums make of rows: taken as it is when nothing else changes any more. */
export const SUM_TABLES: readonly Pick<MovedTable, 'name' | 'of'>[] = [
  ...[
    'user_counts',
    'realm_days',
    'session_counts',
    'provider_counts',
    'plan_revenue',
    'realm_usage_daily',
    'realm_token_daily',
  ].map((name) => ({ name, of: 'realm' as const })),
  { name: 'users_to_fold', of: 'user' },
];

/**
 * What does not go with a realm: control data, which is in `DB` alone (`realms` and `realm_guards` have a row elsewhere too), what is
 * under way at Stripe from where it began, and what there is of moves themselves.
 */
export const UNMOVED_TABLES: readonly string[] = [
  'realms',
  'signing_keys',
  'rsa_signing_keys',
  'subject_keys',
  'owner_losses',
  'realm_moves',
  'realm_guards',
  'realm_changes',
  'billing_erasures',
  'stray_payments',
  'billing_progress',
  'dev_messages',
  'event_sink',
  'audit_stream',
  'audit_queue',
  'audit_files',
  'hooks',
];

/** As SQL: the realm of a row; `row` is the table's name, or NEW or OLD. */
export function realmOfRow({ of }: Pick<MovedTable, 'of'>, row: string): string {
  return of === 'realm' ? `${row}.realm_id` : `(SELECT realm_id FROM ${of}s WHERE id = ${row}.${of}_id)`;
}

/** Whether a row is of the realm with an id that is a parameter or literal; `row` is the table's name, or NEW or OLD. */
export function isOfRealm(table: Pick<MovedTable, 'of'>, row: string, realmId: string): string {
  return `${realmOfRow(table, row)} = ${realmId}`;
}
