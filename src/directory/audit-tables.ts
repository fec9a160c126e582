import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { MoneyAct } from '../http/money-act.ts';

/** What can be done to a realm. */
export type AuditAction =
  | MoneyAct
  | 'client_created'
  | 'client_changed'
  | 'client_secret_rotated'
  | 'client_deleted'
  | 'protected_resource_created'
  | 'protected_resource_changed'
  | 'protected_resource_deleted'
  | 'api_key_created'
  | 'api_key_rotated'
  | 'api_key_revoked'
  | 'api_key_taken_over'
  | 'users_imported'
  | 'operator_created'
  | 'operator_promoted'
  | 'plan_saved'
  | 'billing_prices_replaced'
  | 'billing_event_replayed'
  | 'organization_billing'
  | 'user_created'
  | 'user_changed'
  | 'user_status_changed'
  | 'user_role_changed'
  | 'user_email_verified'
  | 'user_password_reset'
  | 'user_session_revoked'
  | 'user_sessions_revoked'
  | 'user_factors_reset'
  | 'user_impersonated'
  | 'user_deleted'
  | 'credits_adjusted'
  | 'user_plan_changed'
  | 'user_limits_changed'
  | 'user_caps_changed'
  | 'user_key_revoked'
  | 'message_retried'
  | 'test_message_sent'
  | 'realm_created'
  | 'realm_changed'
  | 'realm_deleted'
  | 'realm_move_started'
  | 'realm_move_confirmed'
  | 'realm_move_taken_back'
  | 'signing_key_rotated'
  | 'secrets_reencrypted'
  | 'accounts_backed_up'
  | 'accounts_restored'
  | 'database_restored'
  | 'hook_set'
  | 'hook_deleted'
  | 'hook_tested'
  | 'organization_created'
  | 'organization_changed'
  | 'organization_transferred'
  | 'organization_deleted'
  | 'organization_key_created'
  | 'organization_key_changed'
  | 'organization_key_revoked'
  | 'member_joined'
  | 'member_role_changed'
  | 'member_removed'
  | 'member_invited'
  | 'invitation_revoked'
  | 'domain_added'
  | 'domain_changed'
  | 'domain_verified'
  | 'domain_removed'
  | 'webhook_created'
  | 'webhook_changed'
  | 'webhook_secret_rotated'
  | 'webhook_deleted'
  | 'webhook_test_sent'
  | 'webhook_delivery_resent'
  | 'webhook_deliveries_replayed';

/** The audit log of realms. Without foreign keys: it outlives whom and what it names. */
export const audit = sqliteTable('audit', {
  id: text().primaryKey(),
  realmId: text('realm_id').notNull(),
  at: integer().notNull(),
  /** A user or an API key, by its id; `internal` for the bootstrap key. */
  actor: text().notNull(),
  action: text().$type<AuditAction>().notNull(),
  target: text().notNull(),
  details: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  /** What webhooks are told of it, by the catalogue; null for nothing. */
  event: text({ mode: 'json' }).$type<Record<string, unknown>>(),
});
