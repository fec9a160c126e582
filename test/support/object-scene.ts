import { expect } from 'vitest';
import type { NewSession } from '../../src/account/contract.ts';
import type { NewProductKey } from '../../src/account/key-contract.ts';
import type { DirectoryState } from '../../src/directory/state.ts';
import { newId } from '../../src/lib/ids.ts';
import { accountOf } from './api.ts';
import { termsOf } from './metering.ts';

const DAY = 86_400_000;
export const TERMS = termsOf({
  limits: { images: { day: 20, month: 100 }, tokens: { month: 100_000 } },
  monthlyCredits: 50,
});
export const CLIENT = { ip: '10.0.0.1', country: 'DE', city: null, userAgent: 'Mozilla/5.0 Firefox/140.0' };
export const LIFETIMES = { idleSeconds: 40 * 86_400, absoluteSeconds: 90 * 86_400 };
export const OPENING: NewSession = {
  client: CLIENT,
  methods: ['pwd'],
  lifetimes: LIFETIMES,
  activity: 'signed_in',
};
export const GRANT = {
  clientId: 'cli_test',
  scope: 'openid',
  audience: ['https://a.example'],
  hearsOfEnd: true,
};
export const CODE = {
  hash: 'code',
  grant: GRANT,
  redirectUri: 'https://a.example/',
  challenge: 'c',
  nonce: null,
  lifetimes: LIFETIMES,
  expiresAt: 1e15,
};
export const change = { description: null, actor: 'key_test' };

export function stateOf(userId: string, change: Partial<DirectoryState> = {}): DirectoryState {
  return {
    userId,
    realmId: 'default',
    username: null,
    role: 'user',
    plan: 'free',
    planExpiresAt: null,
    customLimits: {},
    status: 'active',
    emailVerified: true,
    version: 1,
    credentialVersion: 1,
    subscribed: false,
    openingCredits: 7,
    ...change,
  } as DirectoryState;
}

/** A key of a user or an organization, whose hash is `key`. */
export const KEY: NewProductKey = {
  id: 'apk_test',
  name: 'a key',
  prefix: 'lku_',
  hash: 'key',
  scopes: [],
  caps: { credits: { day: 25 }, resources: { images: { day: 15 } } },
  perMinute: null,
  createdBy: 'usr_test',
  createdAt: 0,
  expiresAt: null,
};

/** An operator who revokes a key. */
export const BY_OPERATOR = {
  realmId: 'default',
  operator: 'usr_admin',
  reason: 'leaked',
  requestId: null,
};

/** A user with a session, credits, of which some have expired and some were used, and quota that is held. */
export async function scene({ withKey = true } = {}): Promise<string> {
  const userId = newId('usr', Date.now());
  const object = accountOf(userId);
  const opened = (await object.open(stateOf(userId), OPENING)) as { sessionId: string };
  expect(opened.sessionId).toMatch(/^ses_/);
  await object.issueCode(opened.sessionId, CODE, true, CLIENT);
  await object.chooseOrganization(opened.sessionId, {
    organizationId: 'org_test',
    role: 'member',
    version: 1,
  });
  await object.open(stateOf(userId), { ...OPENING, activity: 'app_authorized', grant: GRANT });
  if (withKey) {
    const { sessionId } = opened;
    await object.addProductKey({ realmId: 'default', sessionId, client: CLIENT }, KEY, 9);
  }
  const add = { ...change, type: 'added' as const, amount: 30 };
  await object.addCredits(TERMS, { ...add, reference: 'short', expiresAt: Date.now() + DAY });
  await object.bookCredits(TERMS, { ...add, reference: 'checkout:one', expiresAt: null });
  const plan = { amount: 40, expiresAt: Date.now() + 60 * DAY, paidFromBalance: 0, actor: 'system' };
  await object.settleInvoices(TERMS, { invoices: [{ ...plan, reference: 'invoice:1' }], losses: [] });
  await object.useCredits(TERMS, { ...change, amount: 10, reference: 'used' });
  await object.reserve(TERMS, { resource: 'images', quantity: 3, reference: 'held', seconds: 40 * 86_400 });
  return userId;
}

/** All that the storage has: what is not in here does not survive. */
export async function stored(storage: DurableObjectStorage): Promise<string> {
  const tables = storage.sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
    )
    .toArray();
  const rows = tables.map(({ name }) => [name, storage.sql.exec(`SELECT * FROM "${name}"`).toArray()]);
  return JSON.stringify([rows, [...storage.kv.list()], await storage.getAlarm()]);
}

/** What was made to fail. */
export class Fault extends Error {}

/** Lets the nth thing fail that is asked of the storage, before it is done; tells whether it came to that. */
export function failAt(
  storage: DurableObjectStorage,
  n: number,
): { reached: () => boolean; end: () => void } {
  let left = n;
  const undo: (() => void)[] = [];
  function guard<Target extends object>(target: Target, name: keyof Target & string): void {
    const real = target[name] as (...given: unknown[]) => unknown;
    Object.defineProperty(target, name, {
      configurable: true,
      value: (...given: unknown[]) => {
        left -= 1;
        if (left === 0) throw new Fault();
        return real.apply(target, given);
      },
    });
    undo.push(() => void delete target[name]);
  }
  guard(storage.sql, 'exec');
  guard(storage.kv, 'put');
  guard(storage.kv, 'delete');
  guard(storage, 'setAlarm');
  guard(storage, 'deleteAlarm');
  return {
    reached: () => left <= 0,
    end: () => {
      for (const one of undo) one();
    },
  };
}
