import { env } from 'cloudflare:workers';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { providerCounts, realmDays, sessionCounts, userCounts } from '../../src/admin/tables.ts';
import { apiKeys } from '../../src/api-keys/tables.ts';
import {
  billingErasures,
  billingEvents,
  billingPrices,
  billingProgress,
  organizationBilling,
  overageReports,
  type PayerTables,
  planRevenue,
  seatChanges,
  strayPayments,
  topUps,
  userBilling,
} from '../../src/billing/tables.ts';
import { audit } from '../../src/directory/audit-tables.ts';
import { oneTimeTokens } from '../../src/directory/link-tables.ts';
import { activity, preferences, users, usersToFold } from '../../src/directory/tables.ts';
import { importedUsers, imports } from '../../src/import/tables.ts';
import { outbox } from '../../src/messages/tables.ts';
import { identities } from '../../src/oauth/tables.ts';
import { organizations } from '../../src/organizations/tables.ts';
import { passwords, shadowPasswords } from '../../src/passwords/tables.ts';
import { plans } from '../../src/plans/tables.ts';
import { realms } from '../../src/realms/tables.ts';
import { signingKeys } from '../../src/signing-keys/tables.ts';
import { realmTokenDaily, realmUsageDaily, usageMonthly } from '../../src/usage/tables.ts';

const tablesIn = ({ customers, subscriptions, reversals, invoiceRates }: PayerTables) => [
  customers,
  subscriptions,
  reversals,
  invoiceRates,
];

it.each([
  realms,
  users,
  passwords,
  shadowPasswords,
  signingKeys,
  activity,
  preferences,
  oneTimeTokens,
  usersToFold,
  outbox,
  identities,
  apiKeys,
  audit,
  userCounts,
  realmDays,
  sessionCounts,
  providerCounts,
  imports,
  importedUsers,
  plans,
  usageMonthly,
  realmUsageDaily,
  realmTokenDaily,
  billingPrices,
  ...tablesIn(userBilling),
  ...tablesIn(organizationBilling),
  organizations,
  seatChanges,
  topUps,
  billingEvents,
  billingErasures,
  overageReports,
  strayPayments,
  billingProgress,
  planRevenue,
])('the table %# is as its migration made it', async (table) => {
  const { results } = await env.DB.prepare(
    'SELECT name, "notnull" OR pk > 0 AS required FROM pragma_table_info(?)',
  )
    .bind(getTableName(table))
    .all<{ name: string; required: number }>();
  const declared = Object.values(getTableColumns(table)).map((column) => ({
    name: column.name,
    required: Number(column.notNull),
  }));
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  expect(declared.sort(byName)).toEqual(results.sort(byName));
});
