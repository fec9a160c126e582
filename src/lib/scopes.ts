/** What services may be allowed. */
export const SCOPES = [
  'users:read',
  'usage:write',
  'credits:write',
  'billing:write',
  'metrics:read',
  'provider-tokens:read',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];

/** What nobody has but who was given it by name: it leads out of Latchkey, to what users have elsewhere. */
const BY_NAME: readonly Scope[] = ['provider-tokens:read'];

/** Whether scopes allow what needs that one; `admin` includes all but what is given by name. */
export function grants(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes(needed) || (scopes.includes('admin') && !BY_NAME.includes(needed));
}
