import { ApiError, type FieldError, fieldError } from '../../errors.ts';
import type {
  CallCanonical,
  Canonical,
  CanonicalBody,
  CanonicalRequest,
} from '../engine/canonical-operations.ts';
import type { ClientRequest, Names } from '../engine/row.ts';
import { checkQuery, isTrue, oneOf, passes, truth, wholeNumber } from './query-check.ts';
import { newUser, objectOf, planNamed, profilePatch, userFields } from './users.ts';
import { whose } from './whose.ts';

/** The most users of one canonical page, and of one answer. */
const PAGE = 100;
const MOST = 1000;
/** No list begins deeper, as in the canonical one. */
const DEEPEST = 500;

/** Parameters that only the Astro backend has, and those that only Doztra has. */
const OF_ASTRO = ['page', 'per_page', 'search', 'role', 'is_verified'];

/** What either service reads in the query of a list of users. */
export const USER_QUERY: Names = {
  page: 'page',
  per_page: 'limit',
  search: 'q',
  role: 'role',
  is_verified: 'email_verified',
  is_active: 'status',
  skip: 'page',
  limit: 'limit',
  sort_by: 'sort',
  sort_desc: 'order',
  filter_by: [],
  filter_value: [],
  email: 'q',
  name: 'q',
  plan: 'plan',
  'subscription.plan': 'plan',
};

type Query = ClientRequest['query'];
type ListRequest = CanonicalRequest<'GET /v1/admin/users'>;
type ListQuery = NonNullable<ListRequest['query']>;

const SORTS: Record<string, ListQuery['sort']> = {
  id: 'created_at',
  created_at: 'created_at',
  updated_at: 'created_at',
  last_login: 'last_login_at',
  email: 'email',
  username: 'username',
  name: 'name',
  role: 'role',
  plan: 'plan',
  'subscription.plan': 'plan',
  is_verified: 'email_verified',
  is_active: 'status',
};

const RULES = {
  page: wholeNumber(1),
  per_page: wholeNumber(1),
  skip: wholeNumber(0),
  limit: wholeNumber(1),
  role: oneOf('user', 'admin'),
  is_active: truth,
  is_verified: truth,
  sort_by: oneOf(...Object.keys(SORTS)),
  sort_desc: truth,
};

/**
 * Whether the client gets pages, as the Astro backend answers, or a plain list, as Doztra does. Where only one of them is
 * spoken, it is that one; else what the query shows decides.
 */
function isPaged({ query, spoken }: ClientRequest): boolean {
  const service = whose(spoken);
  if (service !== null) return service === 'astro-backend';
  return OF_ASTRO.some((name) => Object.hasOwn(query, name));
}

/** Reads which users of the list the client wants; of a query that does not pass, the first. */
function windowOf(asked: ClientRequest) {
  const paged = isPaged(asked);
  const query = passes(asked.query, RULES) ? asked.query : {};
  const limit = Math.min(Number((query.per_page || query.limit) ?? (paged ? 20 : PAGE)), MOST);
  const page = Number(query.page || 1);
  const skip = paged ? (page - 1) * limit : Number(query.skip || 0);
  return { paged, page, limit, skip, size: Math.min(limit, PAGE) };
}

/** Reads the request for a list of users as either service's client sends it. */
export function usersQuery(asked: ClientRequest): ListRequest {
  const { skip, size } = windowOf(asked);
  const isDeep = skip > DEEPEST;
  return {
    query: { ...filterOf(asked.query), limit: size, page: isDeep ? 1 : Math.floor(skip / size) + 1 },
  };
}

/** Owners are admins to both services. */
const ADMINS = 'admin,owner';

/** The query, with what `filter_by` names under its name. */
function withFilter(query: Query): Query {
  const { filter_by: name, filter_value: value } = query;
  return { ...query, ...(name && value && { [name]: value }) } as Query;
}

function filterOf(query: Query): ListQuery {
  const filter = withFilter(query);
  if (!passes(filter, RULES)) return {};
  const { is_active: isActive, is_verified: isVerified, sort_by: sort, role } = filter;
  const isDescending = filter.sort_desc ? isTrue(filter.sort_desc) : undefined;
  return {
    q: filter.search || filter.email || filter.name || undefined,
    role: role === 'admin' ? ADMINS : role || undefined,
    status: isActive ? (isTrue(isActive) ? 'active' : 'suspended') : undefined,
    email_verified: isVerified ? isTrue(isVerified) : undefined,
    plan: planNamed(filter['subscription.plan'] || filter.plan || undefined),
    sort: sort ? SORTS[sort] : undefined,
    order: isDescending === undefined ? undefined : isDescending ? 'desc' : 'asc',
  };
}

/** Writes the list as the service of the client does: its pages differ from the canonical ones, of which more are read. */
export async function usersList(first: Canonical<'UserList'>, asked: ClientRequest, call: CallCanonical) {
  const { query } = asked;
  checkQuery(withFilter(query), RULES);
  const { paged, page, limit, skip, size } = windowOf(asked);
  if (skip > DEEPEST) {
    throw fieldError(paged ? 'page' : 'skip', 'too_deep', `No list begins after user ${DEEPEST}: filter it`);
  }
  const rows = first.data.slice(skip % size);
  let cursor = first.next_cursor;
  while (rows.length < limit && cursor !== null) {
    const next = await call('GET /v1/admin/users', { query: { ...filterOf(query), limit: PAGE, cursor } });
    rows.push(...next.data);
    cursor = next.next_cursor;
  }
  const users = rows.slice(0, limit).map(userFields);
  if (!paged) return users;
  const { total } = first;
  return { users, total, page, per_page: limit, pages: Math.ceil(total / limit) };
}

/** What either service reads of a user whom an admin creates or changes. */
export const MANAGED_USER = { role: 'role', is_active: 'status', is_verified: 'email_verified' } as const;

/** What Doztra reads of the plan of a user whom an admin creates. */
export const MANAGED_PLAN = { plan: 'plan', subscription: [] } as const;

/** Refuses a user whom an admin creates for what the canonical operation does not know, before anything is written. */
export async function checkNewUser(body: ClientRequest['body'], call: CallCanonical): Promise<void> {
  const { is_active: isActive } = body;
  if (isActive == null || isTruth(isActive)) return;
  await call('GET /v1/admin/users', { query: { limit: 1 } });
  throw new ApiError('validation_failed', { fields: [notTruth('is_active')] });
}

function isTruth(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function notTruth(path: string): FieldError {
  return { path, code: 'invalid_type', message: 'Must be true or false' };
}

/** Owners are made by Latchkey's own API only. */
function wrongRole(role: unknown): FieldError[] {
  if (role == null || role === 'user' || role === 'admin') return [];
  return [{ path: 'role', code: 'invalid', message: 'Must be user or admin' }];
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
  // What Doztra calls `is_active` some of its clients call `status`.
  const name = body.is_active == null && body.status != null ? 'status' : 'is_active';
  const isActive = activity(body[name] ?? before.is_active);
  const wrong = [...wrongRole(body.role), ...(isActive === null ? [notTruth(name)] : [])];
  if (isActive === null || wrong.length > 0) throw new ApiError('validation_failed', { fields: wrong });
  const role = body.role ?? before.role;
  if (role !== before.role) await call('PUT /v1/admin/users/{id}/role', { ...target, body: { role } });
  if (isActive !== before.is_active) await setActive(id, isActive, call);
  if (body.is_verified === true && !user.email_verified) {
    await call('POST /v1/admin/users/{id}/verify-email', target);
  }
}

/** Reads whether an account is to be active; null for what says neither. */
function activity(value: unknown): boolean | null {
  if (isTruth(value)) return value;
  if (value === 'active') return true;
  return value === 'suspended' || value === 'inactive' ? false : null;
}

/** Activates or suspends a user. */
export function setActive(id: string | undefined, isActive: boolean, call: CallCanonical) {
  const status = isActive ? 'active' : 'suspended';
  return call('PUT /v1/admin/users/{id}/status', { params: { id }, body: { status } });
}
