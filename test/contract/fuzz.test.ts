import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryState } from '../../src/accounts/service.ts';
import type { Bindings } from '../../src/env.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  freshAddress,
  ORIGIN,
  PASSWORD,
  register,
} from '../support/api.ts';
import { type Json, type Operation, operationsOf, readDocument } from '../support/contract.ts';
import { expectDeclared } from '../support/declared-answer.ts';
import { text } from '../support/hostile.ts';
import { type HostileRequest, requestsTo } from '../support/hostile-request.ts';

const RUNS = 260;
const services = createServices(env as unknown as Bindings);
const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
let sent = 0;
let document: Json;

beforeAll(async () => {
  document = await readDocument();
  await createRealm('other');
});

afterAll(() => {
  console.info(`fuzz: ${sent} requests`);
});

/** A session of that user, opened without the cost of a password. */
async function openSession(userId: string) {
  const realm = await services.realms.get('default');
  const state = directoryState(await services.accounts.get(userId, null));
  const session = { client, methods: ['pwd'], lifetimes: realm.lifetimes, activity: 'signed_in' as const };
  const opened = await accountOf(userId).open(state, session);
  if (!opened) throw new Error('the row is out of date');
  return services.sessions.grant(realm, opened);
}

async function send(request: HostileRequest, userId: string): Promise<Response> {
  sent += 1;
  const headers = new Headers([['cf-connecting-ip', freshAddress()], ...request.headers]);
  if (request.session !== 'none') {
    const grant = await openSession(userId);
    if (request.session === 'token') headers.set('authorization', `Bearer ${grant.accessToken}`);
    else headers.set('cookie', `__Host-latchkey=${grant.refreshToken}`);
  }
  const { method, url, body } = request;
  return exports.default.fetch(url, { method, headers, body, redirect: 'manual' });
}

it('x', async () => {
  for (const operation of operationsOf(document)) {
    const user = (await register()).user.id;
    await changeDirectory(user, { email_verified: 1 });
    const seen: Record<string, number> = {};
    const t = Date.now();
    try {
      await fc.assert(
        fc.asyncProperty(
          requestsTo(operation, { document, realms: ['default', 'other'] }),
          async (request) => {
            const response = await send(request, user);
            const outcome = await expectDeclared(response, request, operation, document);
            seen[outcome] = (seen[outcome] ?? 0) + 1;
          },
        ),
        { numRuns: RUNS },
      );
    } catch (e: any) {
      console.log(
        'FAILED',
        operation.method,
        operation.path,
        e.message.slice(0, 1800),
        String(e.cause?.message).slice(0, 600),
      );
    }
    console.log('SEEN', operation.method, operation.path, Date.now() - t, JSON.stringify(seen));
  }
}, 300_000);
