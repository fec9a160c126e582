import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { ObjectSchedule } from '../../src/account/schedule.ts';
import { accountOf } from '../support/api.ts';

const YEAR = 365 * 86_400_000;

it('bears what is due in centuries, and wakes up often enough not to forget it', async () => {
  await runInDurableObject(accountOf('nobody'), async (_, { storage }) => {
    const ran: string[] = [];
    const jobs = { far: async () => void ran.push('far') };
    const schedule = new ObjectSchedule<'far'>(storage);
    const due = Date.parse('2999-01-01T00:00:00Z');
    schedule.at('far', due);
    expect(await storage.getAlarm()).toBeLessThanOrEqual(Date.now() + YEAR);
    await storage.deleteAlarm();
    await schedule.run(jobs, [], Date.now() + YEAR);
    expect(ran).toEqual([]);
    expect(await storage.getAlarm()).not.toBeNull();
    await schedule.run(jobs, [], due);
    expect(ran).toEqual(['far']);
    expect(await storage.getAlarm()).toBeNull();
  });
});
