import type { Asked, Call, Sent } from './dialect.ts';
import { newUser, objectOf, planNamed, profilePatch, type User, userFields } from './fastapi-shapes.ts';

/** Users of one canonical page, and of one answer, at most. */
const PAGE = 100;
const MOST = 1000;

/** What only the Astro backend has: it answers in pages, Doztra with a plain list. */
const PAGED = ['page', 'per_page', 'search', 'role', 'is_verified'];

type Query = Asked['query'];

/** Which users of the list are asked for. What is no number is for the canonical operation to refuse. */
function windowOf(query: Query) {
  const isPaged = PAGED.some((name) => Object.hasOwn(query, name));
  const limit = Math.min(Number(query.per_page ?? query.limit ?? (isPaged ? 20 : PAGE)), MOST);
  const page = Number(query.page ?? 1);
  const skip = isPaged ? (page - 1) * limit : Number(query.skip ?? 0);
  return { isPaged, page, limit, skip, size: Math.min(limit, PAGE) };
}

/** The canonical query for a list of users as either service asks for one. */
export function usersQuery({ query }: Asked): Sent {
  const { skip, size } = windowOf(query);
  return { query: { ...filterOf(query), limit: size, page: Math.floor(skip / size) + 1 } };
}

const SORTS: Record<string, string> = {
  id: 'created_at',
  updated_at: 'created_at',
  last_login: 'last_login_at',
  is_verified: 'email_verified',
  is_active: 'status',
};

function filterOf(query: Query): Record<string, unknown> {
  const { filter_by: name, filter_value: value, sort_by: sort } = query;
  const filter = { ...query, ...(name && value && { [name]: value }) } as Query;
  const { is_active: isActive, is_verified: isVerified } = filter;
  const isDescending = query.sort_desc ? truthOf(query.sort_desc) : undefined;
  return {
    q: filter.search || filter.email || filter.name || undefined,
    role: filter.role || undefined,
    status: isActive ? (truthOf(isActive) ? 'active' : 'suspended') : undefined,
    email_verified: isVerified ? truthOf(isVerified) : undefined,
    plan: planNamed(filter['subscription.plan'] || filter.plan || undefined),
    sort: sort ? (Object.hasOwn(SORTS, sort) ? SORTS[sort] : sort) : undefined,
    order: isDescending === undefined ? undefined : isDescending ? 'desc' : 'asc',
  };
}

function truthOf(text: string): boolean {
  return /^(true|1|yes|on)$/i.test(text);
}

interface UserPage {
  data: User[];
  next_cursor: string | null;
  total: number;
}

/** The list as the service that asks has it. */
export async function usersList(first: UserPage, { query }: Asked, call: Call) {
  const { isPaged, page, limit, skip, size } = windowOf(query);
  const rows = first.data.slice(skip % size);
  let cursor = first.next_cursor;
  while (rows.length < limit && cursor !== null) {
    const sent = { query: { ...filterOf(query), limit: PAGE, cursor } };
    const next: UserPage = await call('GET /v1/admin/users', sent);
    rows.push(...next.data);
    cursor = next.next_cursor;
  }
  const users = rows.slice(0, limit).map(userFields);
  if (!isPaged) return users;
  const { total } = first;
  return { users, total, page, per_page: limit, pages: Math.ceil(total / limit) };
}

/** A user whom an admin makes; their address counts as proven unless it says otherwise. */
export function newUserOfAdmin(body: Record<string, unknown>): Record<string, unknown> {
  return {
    ...newUser(body),
    role: body.role ?? undefined,
    plan: planNamed(objectOf(body.subscription).plan ?? body.plan ?? undefined),
    email_verified: body.is_verified ?? true,
  };
}

/** Changes of a profile by an admin. */
export async function editUser(id: unknown, body: Record<string, unknown>, call: Call): Promise<void> {
  const target = { params: { id } };
  const user: User = await call('GET /v1/admin/users/{id}', target);
  const patch = profilePatch(body);
  // Whole forms are sent: the address of before is no new one.
  const { email } = body;
  const isSame = typeof email === 'string' && email.trim().toLowerCase() === user.email;
  if (email && !isSame) patch.email = email;
  if (Object.keys(patch).length > 0) await call('PATCH /v1/admin/users/{id}', { ...target, body: patch });
}

/** Changes of role and state, each by the operation it has; what is so already is left alone. */
export async function setStanding(id: unknown, body: Record<string, unknown>, call: Call): Promise<void> {
  const target = { params: { id } };
  const user: User = await call('GET /v1/admin/users/{id}', target);
  const before = userFields(user);
  const role = body.role ?? before.role;
  const isActive = body.is_active ?? before.is_active;
  if (role !== before.role) await call('PUT /v1/admin/users/{id}/role', { ...target, body: { role } });
  if (isActive !== before.is_active) await setActive(id, isActive, call);
  if (body.is_verified === true && !user.email_verified) {
    await call('POST /v1/admin/users/{id}/verify-email', target);
  }
}

/** Lets a user in, or not. What is neither true nor false is refused. */
export function setActive(id: unknown, isActive: unknown, call: Call): Promise<User> {
  const status = isActive === true ? 'active' : isActive === false ? 'suspended' : isActive;
  return call('PUT /v1/admin/users/{id}/status', { params: { id }, body: { status } });
}
