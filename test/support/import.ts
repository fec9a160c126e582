import { env } from 'cloudflare:workers';
import { type CallOptions, call, INTERNAL } from './api.ts';

/** A row that nobody has sent. */
export function someUser() {
  return { email: `${crypto.randomUUID()}@example.com` };
}

/** Rows as NDJSON. */
export function ndjson(rows: unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

interface ImportOptions extends CallOptions {
  query?: Record<string, string>;
  mapping?: unknown;
  type?: string;
}

/** Sends rows to be imported; by the bootstrap key unless somebody else is named. */
export function importRows(raw: BodyInit, options: ImportOptions = {}) {
  const { query = {}, mapping, type = 'application/x-ndjson', ...rest } = options;
  const parameters = new URLSearchParams({
    ...query,
    ...(mapping ? { mapping: JSON.stringify(mapping) } : {}),
  });
  const by = options.headers ?? (options.token ? {} : INTERNAL);
  const headers = { ...by, 'content-type': type };
  return call('POST', `/v1/admin/users/import?${parameters}`, { ...rest, raw, headers });
}

/** How many rows there are of all that an import writes. */
export async function rowCounts(): Promise<Record<string, unknown> | null> {
  const tables = ['users', 'passwords', 'preferences', 'activity', 'imports', 'imported_users', 'audit'];
  const counts = tables.map((table) => `(SELECT COUNT(*) FROM ${table}) AS ${table}`);
  return env.DB.prepare(`SELECT ${counts.join(', ')}`).first();
}
