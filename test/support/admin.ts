import { env } from 'cloudflare:workers';
import { call, changeDirectory, INTERNAL, register, type SignedInBody } from './api.ts';

/** A user with a role, signed in. */
export async function registerRole(
  role: 'admin' | 'owner',
  realm?: string,
): Promise<SignedInBody & { realm: string | undefined }> {
  const admin = await register({}, { realm });
  await changeDirectory(admin.user.id, { role });
  return { ...admin, realm };
}

/** Calls the admin API; as the bootstrap key unless somebody is named. */
export function asAdmin(
  method: string,
  path: string,
  options: { body?: unknown; token?: string; realm?: string; headers?: Record<string, string> } = {},
) {
  const headers = options.token ? options.headers : { ...INTERNAL, ...options.headers };
  return call<any>(method, `/v1/admin${path}`, { ...options, headers });
}

/** What the audit log says was done to something, oldest first. */
export async function auditOf(target: string): Promise<Record<string, any>[]> {
  const { results } = await env.DB.prepare(
    'SELECT realm_id, actor, action, details FROM audit WHERE target = ? ORDER BY at, rowid',
  )
    .bind(target)
    .all<Record<string, any>>();
  return results.map((row) => ({ ...row, details: JSON.parse(row.details) }));
}
