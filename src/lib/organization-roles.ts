/** What Latchkey itself asks for in an organization. A product's own permissions stand beside them. */
export const PERMISSIONS = [
  'organization:update',
  'organization:delete',
  'members:manage',
  'owners:manage',
  'invitations:manage',
  'domains:manage',
  'usage:read',
  'usage:record',
  'caps:manage',
  'credits:read',
  'billing:read',
  'billing:manage',
  'keys:manage',
] as const;

export type OrganizationPermission = (typeof PERMISSIONS)[number];

/** The roles that every realm has. Whoever is a member sees the organization and its members. */
export const BUILT_IN_ROLES = {
  owner: [...PERMISSIONS],
  admin: PERMISSIONS.filter(
    (permission) => !['organization:delete', 'owners:manage', 'billing:manage'].includes(permission),
  ),
  billing: ['usage:read', 'credits:read', 'billing:read', 'billing:manage'],
  member: [],
} as const satisfies Record<string, readonly OrganizationPermission[]>;

/** Permissions by role: a realm's own roles, and what it adds to those that every realm has. */
export type RoleBook = Readonly<Record<string, readonly string[]>>;

/** What every role of a realm may: an owner all that anybody may, the others what they have and what the realm adds. */
export function rolesOf(own: RoleBook = {}): RoleBook {
  const roles: Record<string, readonly string[]> = { ...own };
  for (const [role, permissions] of Object.entries(BUILT_IN_ROLES)) {
    roles[role] = [...new Set<string>([...permissions, ...(own[role] ?? [])])];
  }
  roles.owner = [...new Set(['owner', ...Object.keys(roles)].flatMap((role) => roles[role] ?? []))];
  return roles;
}

/** What a role may; nothing for one that the realm does not have any more. */
export function permissionsOf(roles: RoleBook, role: string): readonly string[] {
  return Object.hasOwn(roles, role) ? (roles[role] as readonly string[]) : [];
}

/** The roles of a realm that have a permission. `own` is what the realm says. */
export function rolesWith(own: RoleBook | undefined, permission: string): string[] {
  return Object.entries(rolesOf(own)).flatMap(([role, has]) => (has.includes(permission) ? [role] : []));
}

/** Whether a role may all that another may: whoever gives or takes a role has to. An operator (null) may all. */
export function reaches(roles: RoleBook, role: string | null, other: string): boolean {
  if (role === null) return true;
  const own = permissionsOf(roles, role);
  return permissionsOf(roles, other).every((permission) => own.includes(permission));
}

/** Whether a role manages nothing of the organization: nobody becomes more than that by an address alone. */
export function managesNothing(roles: RoleBook, role: string): boolean {
  const managing: readonly string[] = PERMISSIONS;
  return Object.hasOwn(roles, role) && !permissionsOf(roles, role).some((one) => managing.includes(one));
}
