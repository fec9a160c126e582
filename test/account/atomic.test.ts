import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { DurableObject } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { PasskeyUse } from '../../src/account/contract.ts';
import type { Account } from '../../src/account/object.ts';
import type { DirectoryState } from '../../src/directory/state.ts';
import { CAUTIOUS } from '../../src/lib/mfa.ts';
import { accountOf } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  BY_OPERATOR,
  CLIENT,
  CODE,
  change,
  Fault,
  failAt,
  KEY,
  LIFETIMES,
  OPENING,
  scene,
  stateOf,
  stored,
  TERMS,
} from '../support/object-scene.ts';

const DAY = 86_400_000;
/** Alarms go by the real clock: none comes in between. */
const AHEAD = 100 * DAY;
const PASSKEY: PasskeyUse = {
  passkeyId: 'psk_test',
  challenge: 'c',
  challengeExpiresAt: 1e15,
  counter: 7,
  knownCounter: 6,
  backedUp: false,
};
const REDEMPTION = {
  hash: CODE.hash,
  redirectUri: CODE.redirectUri,
  challenge: CODE.challenge,
  clientId: 'cli_test',
  realmId: 'default',
  mfa: CAUTIOUS,
};
const actIn = (sessionId: string) => ({ realmId: 'default', sessionId, client: CLIENT });
const WITH_APP: Partial<DirectoryState> = { factors: { totp: 1, passkeys: 0 } };
/** The token of a sign-in that waits in each scene. */
const WAITING = `usr_${'0'.repeat(26)}.${'A'.repeat(43)}`;
/** PBKDF2 of `right`: an old hash, which a sign-in replaces. */
let hash = '';

interface Scene {
  object: Account;
  userId: string;
  sessionId: string;
  refreshToken: string;
  storage: DurableObjectStorage;
}

/** What each method that writes is tried with, when the object has something of everything. */
const CALLS: Record<string, (scene: Scene) => Promise<unknown>> = {
  announceChange: ({ object }) => object.announceChange(),
  announceDeletion: ({ object }) => object.announceDeletion(),
  keepTokenClaims: ({ object, sessionId }) => object.keepTokenClaims(sessionId, '1:1', { team: 'a' }),
  directoryChanged: ({ object, userId }) =>
    object.directoryChanged(stateOf(userId, { version: 2, credentialVersion: 2, status: 'suspended' }), {
      bookmark: 'b2',
      keepSession: null,
      forgiveFailures: true,
      activity: { type: 'password_changed', sessionId: null, client: CLIENT },
    }),
  userDeleted: ({ object, userId }) => object.userDeleted({ userId, realmId: 'default' }),
  moved: ({ object }) => object.moved('DB_2'),
  noteBookmark: ({ object }) => object.noteBookmark('b3'),
  logActivity: ({ object }) =>
    object.logActivity({ type: 'profile_changed', sessionId: null, client: CLIENT } as never, 'b4'),
  signIn: ({ object, userId }) =>
    object.signIn({
      directory: stateOf(userId, { version: 3 }),
      hash,
      password: 'right',
      client: { ...CLIENT, country: 'FR' },
      lifetimes: LIFETIMES,
    }),
  'signIn with a wrong password': ({ object, userId }) =>
    object.signIn({
      directory: stateOf(userId),
      hash,
      password: 'wrong',
      client: CLIENT,
      lifetimes: LIFETIMES,
    }),
  provePassword: ({ object, sessionId }) =>
    object.provePassword({ hash, password: 'right', client: CLIENT, sessionId }),
  'provePassword with a wrong password': ({ object, sessionId }) =>
    object.provePassword({ hash, password: 'wrong', client: CLIENT, sessionId }),
  prepareNewPassword: ({ object, sessionId }) =>
    object.prepareNewPassword({ hash, current: 'right', next: 'another', client: CLIENT, sessionId }),
  beginProof: ({ object, sessionId }) => object.beginProof(sessionId),
  noteProof: ({ object, sessionId }) => object.noteProof(sessionId, CLIENT),
  openByPasskey: ({ object, userId }) =>
    object.openByPasskey(stateOf(userId, { version: 5, credentialVersion: 2 }), OPENING, PASSKEY),
  'openByPasskey of a copy': ({ object, userId }) =>
    object.openByPasskey(stateOf(userId, { version: 6 }), OPENING, { ...PASSKEY, counter: 1 }),
  provePasskey: ({ object, sessionId }) => object.provePasskey(sessionId, ['hwk', 'mfa'], CLIENT, PASSKEY),
  completeSignIn: ({ object, userId }) =>
    object.completeSignIn(stateOf(userId, { ...WITH_APP, version: 8 }), {
      token: WAITING,
      shown: { method: 'recovery_code', hash: 'hash-1' },
      client: CLIENT,
      lifetimes: LIFETIMES,
      mfa: { mode: 'optional', factors: ['totp'], from: null, rememberDevice: true },
      inCookie: false,
      remember: true,
    }),
  proveFactor: ({ object, sessionId }) =>
    object.proveFactor(sessionId, { method: 'totp', factorId: 'fac_1', step: 7 }, CLIENT),
  startFactor: ({ object, sessionId }) =>
    object.startFactor({ factorId: 'fac_2', step: 8, sessionId, recoveryCodes: ['other'] }),
  chooseOrganization: ({ object, sessionId }) =>
    object.chooseOrganization(sessionId, { organizationId: 'org_a', role: 'member', version: 2 }),
  membershipChanged: ({ object }) => object.membershipChanged('org_test', { role: null, version: 2 }),
  addMethods: ({ object, sessionId }) => object.addMethods(sessionId, ['hwk', 'mfa']),
  setRecoveryCodes: ({ object, sessionId }) => object.setRecoveryCodes(['new'], sessionId, CLIENT),
  forgetFactor: ({ object }) => object.forgetFactor(null),
  open: ({ object, userId }) => object.open(stateOf(userId, { version: 4, credentialVersion: 2 }), OPENING),
  check: ({ object, sessionId }) => object.check(sessionId),
  checkToken: ({ object, refreshToken }) => object.checkToken(refreshToken, 'default'),
  refresh: ({ object, refreshToken }) =>
    object.refresh(refreshToken, { id: 'default', refreshGraceSeconds: 30 }, CLIENT),
  resume: ({ object, sessionId }) => object.resume(sessionId),
  endSession: ({ object, sessionId }) =>
    object.endSession(sessionId, 'revoked', CLIENT, { actor: 'usr_admin', browser: true }),
  endAllSessions: ({ object }) => object.endAllSessions(null, CLIENT, { actor: 'usr_admin' }),
  issueCode: ({ object, sessionId }) =>
    object.issueCode(sessionId, { ...CODE, hash: 'another' }, true, CLIENT),
  issueCodeFor: ({ object, userId }) =>
    object.issueCodeFor(stateOf(userId, { version: 7 }), OPENING, { ...CODE, hash: 'third', grant: null }),
  'issueCodeFor one who owes a second step': ({ object, userId }) =>
    object.issueCodeFor(stateOf(userId, { ...WITH_APP, version: 7 }), OPENING, { ...CODE, grant: null }),
  redeemCode: ({ object }) => object.redeemCode(REDEMPTION, CLIENT),
  'redeemCode with a newer row': ({ object, userId }) =>
    object.redeemCode(REDEMPTION, CLIENT, stateOf(userId, { version: 7 })),
  takeIdentity: ({ object }) => object.takeIdentity(REDEMPTION, CLIENT),
  endGrant: async ({ object }) => {
    const grant = (await object.listSessions()).find(({ client_id }) => client_id === 'cli_test');
    return object.endGrant({ sessionId: grant?.id ?? '' }, 'cli_test');
  },
  disconnectClient: ({ object }) => object.disconnectClient({ clientId: 'cli_test' }, CLIENT),
  authorize: ({ object, sessionId }) =>
    object.authorize(TERMS, {
      sessionId,
      use: { resource: 'images', quantity: 12 },
      credits: 20,
      reference: 'authorized',
      actor: 'key_test',
      maxAge: null,
      acr: null,
    }),
  authorizeKey: ({ object }) =>
    object.authorizeKey(TERMS, {
      hash: KEY.hash,
      use: { resource: 'images', quantity: 12 },
      credits: 20,
      reference: 'by key',
      actor: 'key_test',
      scope: null,
      permission: null,
    }),
  addProductKey: ({ object, sessionId }) =>
    object.addProductKey(actIn(sessionId), { ...KEY, id: 'apk_other', hash: 'other' }, 9),
  'addProductKey of the first': ({ object, sessionId }) => object.addProductKey(actIn(sessionId), KEY, 9),
  changeProductKey: ({ object, sessionId }) =>
    object.changeProductKey(actIn(sessionId), KEY.id, { caps: null, perMinute: 5 }),
  removeProductKey: ({ object, sessionId }) => object.removeProductKey(actIn(sessionId), KEY.id),
  'removeProductKey by an operator': ({ object }) => object.removeProductKey(BY_OPERATOR, KEY.id),
  checkFor: ({ object, sessionId }) => object.checkFor({ sessionId, maxAge: null, acr: null, spends: true }),
  watchBalance: ({ object }) => object.watchBalance(TERMS, 10),
  subscription: ({ object }) => object.subscription(TERMS),
  grantMonthly: ({ object }) => object.grantMonthly(TERMS),
  quotas: ({ object }) => object.quotas(TERMS),
  overview: ({ object }) => object.overview(TERMS),
  spending: ({ object }) => object.spending(TERMS),
  capSpending: ({ object }) =>
    object.capSpending(TERMS, {
      by: 'own',
      caps: { credits: { day: 90 }, resources: {} },
      actor: null,
      sessionId: null,
      client: null,
    }),
  consume: ({ object }) => object.consume(TERMS, { resource: 'images', quantity: 16, reference: 'consumed' }),
  reserve: ({ object }) =>
    object.reserve(TERMS, { resource: 'images', quantity: 2, reference: 'reserved', seconds: 60 }),
  commit: ({ object }) => object.commit(TERMS, { reference: 'held', quantity: 1 }),
  release: ({ object }) => object.release(TERMS, { reference: 'held' }),
  recordTokens: ({ object }) =>
    object.recordTokens(TERMS, {
      model: 'm',
      tier: 'standard',
      inputTokens: 90_000,
      outputTokens: 1,
      requestId: 'counted',
    }),
  creditBalance: ({ object }) => object.creditBalance(TERMS),
  creditStanding: ({ object }) => object.creditStanding(TERMS),
  addCredits: ({ object }) =>
    object.addCredits(TERMS, {
      ...change,
      type: 'added',
      amount: 5,
      reference: 'another',
      expiresAt: Date.now() + 2 * DAY,
    }),
  bookCredits: ({ object }) =>
    object.bookCredits(TERMS, {
      type: 'purchase',
      amount: 5,
      reference: 'checkout:another',
      description: null,
      actor: 'system',
      expiresAt: null,
    }),
  settleInvoices: ({ object }) => {
    const invoice = { expiresAt: Date.now() + 9 * DAY, paidFromBalance: 1, actor: 'system' };
    return object.settleInvoices(TERMS, {
      invoices: [
        { ...invoice, reference: 'invoice:2', amount: 20 },
        { ...invoice, reference: 'invoice:3', amount: -90 },
        { ...invoice, reference: 'invoice:4', amount: 30 },
      ],
      losses: [
        {
          reference: 'invoice:1',
          lost: 1,
          paid: 2,
          credits: { total: 5, running: 5 },
          revision: 0,
          actor: 'system',
        },
      ],
    });
  },
  useCredits: ({ object }) => object.useCredits(TERMS, { ...change, amount: 40, reference: 'job' }),
  refundCredits: ({ object }) =>
    object.refundCredits(TERMS, { ...change, amount: null, refundOf: 'used', reference: 'back' }),
  reverseCredits: ({ object }) =>
    object.reverseCredits(TERMS, {
      reference: 'checkout:one',
      lost: 1,
      paid: 2,
      credits: null,
      revision: 0,
      actor: 'system',
    }),
  listCredits: ({ object }) => object.listCredits(TERMS, { before: null, limit: 5 }),
};

/** Methods that only read. */
const READING = [
  'waiting',
  'factorUses',
  'passkeyUses',
  'passwordUsedAt',
  'standing',
  'tokenClaims',
  'listSessions',
  'creditReversal',
  'hashPassword',
  'history',
  'spendingCaps',
  'consents',
  'checkGrant',
  'alarm',
  'copy',
  'productKeys',
];

/** Of an account that nobody has used: tried in `test/backup`. */
const ELSEWHERE = ['putBack'];

/** What the object says of its user, from what it has in memory or in its storage. */
async function told(object: Account): Promise<string> {
  return JSON.stringify([
    await object.listSessions(),
    await object.subscription(TERMS),
    await object.quotas(TERMS),
    await object.spending(TERMS),
    await object.creditStanding(TERMS),
    await object.listCredits(TERMS, { before: null, limit: 100 }),
    await object.creditReversal(TERMS, 'checkout:one'),
    await object.productKeys('default'),
  ]);
}

describe('a method of the account object that fails at any statement', () => {
  it('is one of those below, or only reads', async () => {
    await runInDurableObject(accountOf(await scene()), (object) => {
      // What other Workers could call: all that the class and those that it extends have.
      const methods: string[] = [];
      let prototype = Object.getPrototypeOf(object);
      while (prototype !== DurableObject.prototype) {
        methods.push(...Object.getOwnPropertyNames(prototype));
        prototype = Object.getPrototypeOf(prototype);
      }
      const tried = Object.keys(CALLS).map((name) => name.split(' ')[0]);
      expect(
        methods.filter((name) => name !== 'constructor' && ![...READING, ...ELSEWHERE].includes(name)).sort(),
      ).toEqual([...new Set(tried)].sort());
    });
  });

  for (const [name, run] of Object.entries(CALLS)) {
    it(`has done nothing: ${name}`, async () => {
      advance(AHEAD);
      hash ||= await oldHash('right');
      const userId = await scene({ withKey: !name.endsWith('the first') });
      // Credits have expired meanwhile, and another month's are due.
      advance(35 * DAY);
      const { refreshToken, sessionId } = await renewed(userId);
      advance(3_600_001);
      await evictDurableObject(accountOf(userId));
      const counted = await runInDurableObject(accountOf(userId), async (instance, { storage }) => {
        const object = instance as Account;
        const before = await stored(storage);
        for (let n = 1; ; n += 1) {
          const fault = failAt(storage, n);
          let failure: unknown;
          try {
            await run({ object, userId, sessionId, refreshToken, storage });
          } catch (error) {
            failure = error;
          } finally {
            fault.end();
          }
          if (!fault.reached()) {
            expect(failure).toBeUndefined();
            return n - 1;
          }
          expect(failure, `statement ${n}`).toBeInstanceOf(Fault);
          expect(await stored(storage), `statement ${n}`).toBe(before);
        }
      });
      expect(counted).toBeGreaterThan(0);
      // What it has in memory is what it has stored.
      const remembered = await runInDurableObject(accountOf(userId), (one) => told(one as Account));
      await evictDurableObject(accountOf(userId));
      expect(await runInDurableObject(accountOf(userId), (one) => told(one as Account))).toBe(remembered);
    });
  }

  it('has done nothing: the alarm that writes off what has expired', async () => {
    advance(AHEAD);
    const userId = await scene();
    advance(35 * DAY);
    await runInDurableObject(accountOf(userId), async (instance, { storage }) => {
      const ledger = () =>
        JSON.stringify([
          storage.sql.exec('SELECT * FROM credit_transactions').toArray(),
          storage.sql.exec('SELECT * FROM credit_lots').toArray(),
        ]);
      const before = ledger();
      for (let n = 1; ; n += 1) {
        const fault = failAt(storage, n);
        await (instance as Account).alarm().catch(() => null);
        fault.end();
        if (!fault.reached()) break;
        // All of it or nothing: what failed may have been something else.
        if (ledger() !== before) {
          expect(
            await storage.sql.exec('SELECT * FROM credit_lots WHERE expires_at < ?', Date.now()).toArray(),
          ).toEqual([]);
        }
        advance(61_000);
      }
      expect(storage.sql.exec('SELECT SUM(remaining) AS n FROM credit_lots').one()).toEqual({ n: 77 });
    });
  });
});

/** A session whose refresh token is known, some time after all others. */
async function renewed(userId: string): Promise<{ refreshToken: string; sessionId: string }> {
  const opened = await accountOf(userId).open(stateOf(userId), OPENING);
  if (!('refreshToken' in opened)) throw new Error(JSON.stringify(opened));
  return opened;
}

async function oldHash(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, [
    'deriveBits',
  ]);
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 1000 },
    key,
    256,
  );
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return `pbkdf2_sha256$1000$${base64(salt)}$${base64(new Uint8Array(bits))}`;
}
