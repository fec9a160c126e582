/** What services may be allowed. */
export const SCOPES = [
  'users:read',
  'usage:write',
  'credits:write',
  'billing:write',
  'metrics:read',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Whether scopes allow what needs that one; `admin` includes all. */
export function grants(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes('admin') || scopes.includes(needed);
}
