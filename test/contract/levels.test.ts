import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LevelDescription } from '../../src/http/levels.ts';
import { grants, SCOPES, type Scope } from '../../src/lib/scopes.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  type CallOptions,
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  INTERNAL,
  ORIGIN,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { type Operation, operationsOf, readDocument } from '../support/contract.ts';
import { connected } from '../support/oauth-client.ts';
import { ageProofs } from '../support/stale-proof.ts';

/** A caller as the network sees one, and what is true of it. */
interface Caller {
  options: CallOptions;
  /** The refusal of whatever wants to know who calls: its token, session or account does not hold. */
  broken?: 'invalid_token' | 'session_ended' | 'account_suspended';
  user?: { id: string; role: 'user' | 'admin' | 'owner'; verified: boolean; acting: boolean; stale: boolean };
  /** Null for a key that does not hold. */
  key?: readonly Scope[] | null;
  isOwner?: true;
  /** What a client may that acts for the user. */
  scopes?: string[];
}

/** What a level refuses with; everything else is said by the operation itself. */
const REFUSALS = [
  'authentication_required',
  'invalid_token',
  'token_expired',
  'session_ended',
  'account_suspended',
  'invalid_api_key',
  'insufficient_scope',
  'impersonation_refused',
  'email_not_verified',
  'reauthentication_required',
];

/** Bodies for conditions that a level has in words: one that it is about, and one that it is not. */
const CONDITIONS: Record<
  string,
  { fresh?: [object, object]; impersonation?: [object, object]; verified?: true }
> = {
  'organizations.invitations.create': { fresh: [{ role: 'admin' }, { role: 'member' }], verified: true },
  'me.update': { fresh: [{ phone_number: 'x' }, { name: 1 }], verified: true },
  'me.identities.link': { fresh: [{}, { code: 'x' }] },
  'me.password.change': { fresh: [{}, { current_password: 1 }] },
  'me.email.change': { fresh: [{}, { password: 1 }] },
  'me.delete': { fresh: [{}, { password: 1 }] },
  'auth.otp.verify': { fresh: [{ channel: 'sms' }, { channel: 'email' }] },
  'auth.logout': { impersonation: [{ all: 'x' }, { all: true }] },
};
/** A body that keeps an operation from doing what would disturb the walk; the level has spoken before it is looked at. */
const HARMLESS: Record<string, object> = { 'auth.logout': { all: 'x' }, 'auth.reauthenticate': {} };
/** Operations whose refusals are about a token that they bring, not about the caller. */
const OWN_REFUSALS = ['auth.refresh', 'authorization.userinfo', 'authorization.postUserinfo'];
/** Whole bodies, for acts on a user that must come as far as to look at the user. */
const ACTS: Record<string, object> = {
  'admin.users.update': { name: 'Nobody' },
  'admin.users.setStatus': { status: 'suspended' },
  'admin.users.setRole': { role: 'user' },
  'admin.users.impersonate': { reason: 'none' },
  'admin.users.credits.adjust': { amount: 1, reason: 'none', reference: 'r' },
  'admin.users.setPlan': { plan: 'pro' },
  'admin.users.setLimits': { limits: {} },
  'admin.users.spending.set': {},
  'billing.checkout.create': { plan: 'pro' },
  'billing.subscriptions.create': { plan: 'pro' },
};

const HOUR = 3_600_000;
const operations = operationsOf(await readDocument());
const levelOf = ({ definition }: Operation): LevelDescription => definition['x-level'];
const idOf = ({ definition }: Operation): string => definition.operationId;

const callers: Record<string, Caller> = {};

beforeAll(async () => {
  await createRealm('elsewhere');
  const of = (
    { user: { id } }: SignedInBody,
    token: string,
    more: Partial<NonNullable<Caller['user']>> = {},
  ): Caller => ({
    options: { token },
    user: { id, role: 'user', verified: true, acting: false, stale: false, ...more },
  });
  const operator = async (role: 'admin' | 'owner', realm?: string) => {
    const one = await registerRole(role, realm);
    await changeDirectory(one.user.id, { email_verified: 1 });
    return one;
  };
  const [staleUser, staleAdmin, staleOwner] = [
    await registerVerified(),
    await operator('admin'),
    await operator('owner'),
  ];
  for (const { user } of [staleUser, staleAdmin, staleOwner]) {
    await ageProofs(user.id, HOUR + 1000);
  }
  const stale = { stale: true };
  callers['a verified user with a stale proof'] = of(staleUser, staleUser.access_token, stale);
  callers['an admin with a stale proof'] = of(staleAdmin, staleAdmin.access_token, {
    role: 'admin',
    ...stale,
  });
  callers['an owner with a stale proof'] = of(staleOwner, staleOwner.access_token, {
    role: 'owner',
    ...stale,
  });

  const user = await registerVerified();
  callers['a verified user'] = of(user, user.access_token);
  const unverified = await registerVerified();
  await changeDirectory(unverified.user.id, { email_verified: 0 });
  callers['an unverified user'] = of(unverified, unverified.access_token, { verified: false });
  const admin = await operator('admin');
  callers['an admin'] = of(admin, admin.access_token, { role: 'admin' });
  const owner = await operator('owner');
  callers['an owner'] = of(owner, owner.access_token, { role: 'owner' });
  const demoted = await operator('admin');
  await changeDirectory(demoted.user.id, { role: 'user' });
  callers['a demoted admin'] = of(demoted, demoted.access_token);

  const broken = (options: CallOptions, code: NonNullable<Caller['broken']>): Caller => ({
    options,
    broken: code,
  });
  callers['a stranger'] = { options: {} };
  callers['a forged token'] = broken({ token: 'nonsense' }, 'invalid_token');
  const foreign = await operator('admin', 'elsewhere');
  callers["another realm's admin"] = broken({ token: foreign.access_token }, 'invalid_token');
  const suspended = await operator('admin');
  await changeDirectory(suspended.user.id, { status: 'suspended' });
  callers['a suspended admin'] = broken({ token: suspended.access_token }, 'account_suspended');
  const gone = await operator('admin');
  await call('POST', '/v1/auth/logout', { token: gone.access_token });
  callers['an admin who signed out'] = broken({ token: gone.access_token }, 'session_ended');

  const target = await registerVerified();
  const actAs = async (token: string) => {
    const path = `/users/${target.user.id}/impersonate`;
    return (await asAdmin('POST', path, { token, body: { reason: 'a test' } })).body.access_token as string;
  };
  callers['an admin who acts as a user'] = of(target, await actAs(admin.access_token), {
    acting: true,
    stale: true,
  });
  const ended: Record<string, (id: string, token: string) => Promise<unknown>> = {
    demoted: (id) => changeDirectory(id, { role: 'user' }),
    suspended: (id) => changeDirectory(id, { status: 'suspended' }),
    deleted: (id) => asAdmin('DELETE', `/users/${id}`),
    'signed out': (_, token) => call('POST', '/v1/auth/logout', { token }),
  };
  for (const [how, end] of Object.entries(ended)) {
    const actor = await operator('admin');
    const token = await actAs(actor.access_token);
    await end(actor.user.id, actor.access_token);
    callers[`an admin who was ${how} while acting as a user`] = broken({ token }, 'session_ended');
  }

  const grants = {
    'a client': ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
    'a client that may read the account': ['account:read'],
    'a client that may use the account': ['account'],
  };
  for (const [name, scopes] of Object.entries(grants)) {
    for (const role of ['user', 'admin', 'owner'] as const) {
      const scope = scopes.join(' ');
      const { tokens, who } = await connected({ first_party: true, scopes }, { scope, resource: ORIGIN });
      if (role !== 'user') await changeDirectory(who.user.user.id, { role });
      callers[`${name} of ${role === 'user' ? 'a user' : `an ${role}`}`] = {
        ...of(who.user, tokens.access_token, { role }),
        scopes,
      };
    }
  }

  // It is for others, whatever its scopes: there is nothing to weigh.
  const { tokens } = await connected();
  callers["a third party's client"] = broken({ token: tokens.access_token }, 'invalid_token');

  for (const scope of SCOPES) {
    const { headers } = await createApiKey([scope]);
    callers[`a service with ${scope}`] = { options: { headers }, key: [scope] };
  }
  const foreignKey = await createApiKey(['admin'], { realm: 'elsewhere' });
  callers["another realm's service"] = { options: { headers: foreignKey.headers }, key: null };
  callers['a forged key'] = { options: { headers: { 'x-api-key': 'nonsense' } }, key: null };
  callers['the bootstrap key'] = { options: { headers: INTERNAL }, key: SCOPES, isOwner: true };
});

const RANK = { user: 0, verified: 0, optional: 0, admin: 1, owner: 2 };

/** The refusal of a level to a caller, or null; conditions hold or not as is said. */
function refusalOf(
  level: LevelDescription,
  caller: Caller,
  holds: { fresh: boolean; impersonation: boolean; verified?: boolean },
): string | null {
  const { users, scope, subject } = level;
  if (caller.key !== undefined && scope !== null) {
    if (caller.key === null) return 'invalid_api_key';
    if (!grants(caller.key, scope)) return 'insufficient_scope';
    return users === 'owner' && !caller.isOwner ? 'insufficient_scope' : null;
  }
  if (users === 'anybody') return null;
  if (level.bearerKey && caller.options.token === 'nonsense') return 'invalid_api_key';
  if (users === 'none') return 'authentication_required';
  if (caller.broken) return caller.broken;
  const { user } = caller;
  if (!user) return users === 'optional' ? null : 'authentication_required';
  if (caller.scopes && !caller.scopes.some((one) => one === 'account' || one === level.clients)) {
    return 'insufficient_scope';
  }
  if (caller.scopes && level.clients === null) return 'insufficient_scope';
  if (RANK[user.role] < RANK[users]) return 'insufficient_scope';
  if (user.acting && !holds.impersonation) return 'impersonation_refused';
  if ((users === 'verified' || holds.verified) && !user.verified) return 'email_not_verified';
  if (user.stale && holds.fresh) return 'reauthentication_required';
  // The walk names somebody else in the path.
  if (subject === 'id' && user.role === 'user') return 'insufficient_scope';
  return null;
}

describe('every operation', () => {
  it('declares a level', () => {
    expect(operations.filter((one) => levelOf(one) === undefined).map(idOf)).toEqual([]);
  });

  it('says in words only what the walk knows bodies for', () => {
    const inWords = operations
      .filter((one) => [levelOf(one).fresh, levelOf(one).impersonation].some((it) => typeof it === 'string'))
      .map(idOf);
    expect(inWords.toSorted()).toEqual(Object.keys(CONDITIONS).toSorted());
  });

  it('refuses who acts as a user wherever it changes anything, but for the end of that', () => {
    const open = operations
      .filter(({ method, definition }) => method !== 'GET' && definition['x-level'].impersonation)
      .map(idOf);
    expect(open).toEqual(['auth.logout']);
  });

  it('declares the failures of its level', () => {
    for (const operation of operations) {
      const { fresh, users } = levelOf(operation);
      const text = JSON.stringify(operation.definition.responses[401] ?? {});
      // What gives a fresh proof answers so, too, where only the second factor would be one.
      const mayAsk = fresh !== false || idOf(operation) === 'auth.reauthenticate';
      expect(text.includes('`reauthentication_required`'), idOf(operation)).toBe(mayAsk);
      const forbidden = JSON.stringify(operation.definition.responses[403] ?? {});
      if (users === 'verified') expect(forbidden, idOf(operation)).toContain('`email_not_verified`');
    }
  });
});

describe.each(operations.map((one): [string, Operation] => [idOf(one), one]))('%s', (id, operation) => {
  it('lets in whom its level says, and refuses everybody else as the level says', async () => {
    const level = levelOf(operation);
    const conditions = CONDITIONS[id] ?? {};
    const variants: {
      body: object | undefined;
      fresh: boolean;
      impersonation: boolean;
      verified?: boolean;
    }[] = [];
    const hasBody = operation.definition.requestBody?.content['application/json'] !== undefined;
    const plain = { fresh: level.fresh === true, impersonation: level.impersonation === true };
    if (conditions.fresh) {
      variants.push({
        ...plain,
        body: conditions.fresh[0],
        fresh: true,
        verified: conditions.verified === true,
      });
      variants.push({ ...plain, body: conditions.fresh[1], fresh: false });
    } else if (conditions.impersonation) {
      variants.push({ ...plain, body: conditions.impersonation[0], impersonation: true });
    } else {
      variants.push({ ...plain, body: hasBody ? (HARMLESS[id] ?? {}) : undefined });
    }
    // Of realms an admin has one.
    const named = operation.path.startsWith('/v1/admin/realms') ? 'default' : 'x';
    const path = operation.path.replaceAll(/\{\w+\}/g, named);
    const own = OWN_REFUSALS.includes(id);
    for (const { body, ...holds } of variants) {
      for (const [name, caller] of Object.entries(callers)) {
        const answer = await call<any>(operation.method, path, { ...caller.options, body });
        const code = REFUSALS.includes(answer.body?.code) && !own ? answer.body.code : null;
        expect({ name, body, code }).toEqual({ name, body, code: refusalOf(level, caller, holds) });
        expect(answer.status, name).toBeLessThan(502);
      }
    }
  });
});

it('an admin who acts as a user ends that, and nothing more', async () => {
  const { options } = callers['an admin who acts as a user'] as Caller;
  const all = await call('POST', '/v1/auth/logout', { ...options, body: { all: true } });
  expect(all.body.code).toBe('impersonation_refused');
  expect((await call('POST', '/v1/auth/logout', options)).status).toBe(204);
});

describe('authority', () => {
  const over = operations.filter((one) => levelOf(one).authority);

  it.each(over.map((one): [string, Operation] => [idOf(one), one]))(
    '%s is refused to an admin where an owner is concerned',
    async (id, operation) => {
      const owner = (callers['an owner'] as Caller).user?.id ?? '';
      const { subject } = levelOf(operation);
      const path = operation.path
        .replace('{id}', subject === 'user_id' ? 'pm_x' : owner)
        .replace(/\{\w+\}/, 'x');
      const inQuery = subject === 'user_id' && !operation.definition.requestBody;
      const named = subject === 'user_id' && !inQuery ? { user_id: owner } : {};
      const hasBody = operation.definition.requestBody !== undefined;
      const body = hasBody ? { ...ACTS[id], ...named } : undefined;
      const address = `${path}${inQuery ? `?user_id=${owner}` : ''}`;
      const { options } = callers['an admin'] as Caller;
      const answer = await call<any>(operation.method, address, { ...options, body });
      expect(answer.body?.code, JSON.stringify(answer.body)).toBe('insufficient_scope');
      expect(await auditOf(owner)).toEqual([]);
    },
  );

  it('is what every change of a user by an operator needs', () => {
    const changes = operations
      .filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1/admin/users/{id}'))
      .map(idOf);
    expect(changes.filter((id) => !over.map(idOf).includes(id))).toEqual([]);
  });

  it('a user names nobody but themselves, a service anybody, and it is in the audit log', async () => {
    const { id } = (callers['a verified user'] as Caller).user as { id: string };
    const other = callers['an unverified user'] as Caller;
    for (const operation of operations.filter((one) => levelOf(one).subject === 'user_id')) {
      const path = operation.path.replace('{id}', 'pm_x');
      const inQuery = !operation.definition.requestBody;
      const body = inQuery ? undefined : { ...ACTS[idOf(operation)], user_id: other.user?.id };
      const address = `${path}${inQuery ? `?user_id=${other.user?.id}` : ''}`;
      const { options } = callers['a verified user'] as Caller;
      const answer = await call<any>(operation.method, address, { ...options, body });
      expect(answer.body?.code, idOf(operation)).toBe('insufficient_scope');
    }
    const { options } = callers['a service with billing:write'] as Caller;
    const opened = await call('POST', '/v1/billing/setup-intent', { ...options, body: { user_id: id } });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    const own = callers['a verified user'] as Caller;
    expect((await call('POST', '/v1/billing/setup-intent', { ...own.options, body: {} })).status).toBe(201);
    const logged = await auditOf(id);
    expect(logged).toMatchObject([{ action: 'setup_intent_created', actor: expect.stringMatching(/^key_/) }]);
  });
});

it('owners operate every realm by what they are signed in with at home, admins their own', async () => {
  const of = (name: string) => callers[name] as Caller;
  const realm = 'elsewhere';
  const list = (name: string) => call('GET', '/v1/admin/users', { ...of(name).options, realm });
  expect((await list('an owner')).status).toBe(200);
  expect((await list('an admin')).body.code).toBe('invalid_token');
  const { results } = await env.DB.prepare("SELECT id FROM realms WHERE id = 'elsewhere'").all();
  expect(results).toHaveLength(1);
});
