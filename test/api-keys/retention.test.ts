import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { prune } from '../../src/privacy/retention.ts';
import { call, createApiKey, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';

const DAY = 86_400_000;

it('forgets keys 90 days after they end, and the audit log when it was told to', async () => {
  const [lasting, revoked] = [await createApiKey(['users:read']), await createApiKey(['users:read'])];
  const expires_at = new Date(Date.now() + 10 * DAY).toISOString();
  const expiring = await createApiKey(['users:read'], { expires_at });
  await call('DELETE', `/v1/admin/api-keys/${revoked.id}`, { headers: INTERNAL });
  const names = { [lasting.id]: 'lasting', [revoked.id]: 'revoked', [expiring.id]: 'expiring' };
  const left = async (days: number) => {
    await prune(env.DB, { ACTIVITY_DAYS: 365 } as Config, Date.now() + days * DAY, PLENTY);
    const keys = await env.DB.prepare('SELECT id FROM api_keys ORDER BY id').all<{ id: string }>();
    const audit = await env.DB.prepare('SELECT COUNT(*) AS entries FROM audit').first<{ entries: number }>();
    return [...keys.results.map(({ id }) => names[id]).sort(), audit?.entries];
  };
  expect(await left(89)).toEqual(['expiring', 'lasting', 'revoked', 4]);
  expect(await left(91)).toEqual(['expiring', 'lasting', 4]);
  expect(await left(101)).toEqual(['lasting', 4]);
  expect(await left(366)).toEqual(['lasting', 0]);
});
