import type {
  CallCanonical,
  Canonical,
  CanonicalBody,
  CanonicalRequest,
  Unchecked,
} from '../engine/canonical-operations.ts';
import type { ClientRequest } from '../engine/row.ts';
import { newUser, objectOf, planNamed, profilePatch, userFields } from './users.ts';

/** The most users of one canonical page, and of one answer. */
const PAGE = 100;
const MOST = 1000;

/** Parameters that only the Astro backend has. It answers in pages; Doztra answers with a plain list. */
const PAGED = ['page', 'per_page', 'search', 'role', 'is_verified'];

type Query = ClientRequest['query'];
type ListRequest = CanonicalRequest<'GET /v1/admin/users'>;
type ListQuery = NonNullable<ListRequest['query']>;

/** Reads which users of the list the client wants. The canonical operation refuses what is not a number. */
function windowOf(query: Query) {
  const isPaged = PAGED.some((name) => Object.hasOwn(query, name));
  const limit = Math.min(Number(query.per_page ?? query.limit ?? (isPaged ? 20 : PAGE)), MOST);
  const page = Number(query.page ?? 1);
  const skip = isPaged ? (page - 1) * limit : Number(query.skip ?? 0);
  return { isPaged, page, limit, skip, size: Math.min(limit, PAGE) };
}

/** Reads the request for a list of users as either service's client sends it. */
export function usersQuery({ query }: ClientRequest): ListRequest {
  const { skip, size } = windowOf(query);
  return { query: { ...filterOf(query), limit: size, page: Math.floor(skip / size) + 1 } };
}

const SORTS: Record<string, ListQuery['sort']> = {
  id: 'created_at',
  updated_at: 'created_at',
  last_login: 'last_login_at',
  is_verified: 'email_verified',
  is_active: 'status',
};

function filterOf(query: Query): ListQuery {
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

/** Writes the list as the service of the client does: its pages differ from the canonical ones, of which more are read. */
export async function usersList(first: Canonical<'UserList'>, { query }: ClientRequest, call: CallCanonical) {
  const { isPaged, page, limit, skip, size } = windowOf(query);
  const rows = first.data.slice(skip % size);
  let cursor = first.next_cursor;
  while (rows.length < limit && cursor !== null) {
    const next = await call('GET /v1/admin/users', { query: { ...filterOf(query), limit: PAGE, cursor } });
    rows.push(...next.data);
    cursor = next.next_cursor;
  }
  const users = rows.slice(0, limit).map(userFields);
  if (!isPaged) return users;
  const { total } = first;
  return { users, total, page, per_page: limit, pages: Math.ceil(total / limit) };
}

/** Reads a user that an admin creates. The address counts as verified unless the admin says otherwise. */
export function newUserOfAdmin(body: ClientRequest['body']): CanonicalBody<'POST /v1/admin/users'> {
  return {
    ...newUser(body),
    role: body.role ?? undefined,
    plan: planNamed(objectOf(body.subscription).plan ?? body.plan ?? undefined),
    email_verified: body.is_verified ?? true,
  };
}

/** Changes the profile of a user for an admin. */
export async function editUser(
  id: string | undefined,
  body: ClientRequest['body'],
  call: CallCanonical,
): Promise<void> {
  const target = { params: { id } };
  const user = await call('GET /v1/admin/users/{id}', target);
  const patch: CanonicalBody<'PATCH /v1/admin/users/{id}'> = profilePatch(body);
  // Clients send whole forms: the address is new only if it differs.
  const { email } = body;
  const isSame = typeof email === 'string' && email.trim().toLowerCase() === user.email;
  if (email && !isSame) patch.email = email;
  if (Object.keys(patch).length > 0) await call('PATCH /v1/admin/users/{id}', { ...target, body: patch });
}

/** Changes role and state of a user, each by its own operation, and only if it differs. */
export async function setStanding(
  id: string | undefined,
  body: ClientRequest['body'],
  call: CallCanonical,
): Promise<void> {
  const target = { params: { id } };
  const user = await call('GET /v1/admin/users/{id}', target);
  const before = userFields(user);
  const role = body.role ?? before.role;
  const isActive = body.is_active ?? before.is_active;
  if (role !== before.role) await call('PUT /v1/admin/users/{id}/role', { ...target, body: { role } });
  if (isActive !== before.is_active) await setActive(id, isActive, call);
  if (body.is_verified === true && !user.email_verified) {
    await call('POST /v1/admin/users/{id}/verify-email', target);
  }
}

/** Activates or suspends a user. The canonical operation refuses what is neither true nor false. */
export function setActive(id: string | undefined, isActive: boolean | Unchecked, call: CallCanonical) {
  const status = isActive === true ? 'active' : isActive === false ? 'suspended' : isActive;
  return call('PUT /v1/admin/users/{id}/status', { params: { id }, body: { status } });
}
