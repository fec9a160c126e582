import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HANDLERS } from '../../src/billing/events.ts';

it('the README names the events that are listened to, no more than Stripe lists at once', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const list = readme.split('with these events')[1]?.split('To roll the signing secret')[0] ?? '';
  expect([...list.matchAll(/[a-z_]+(\.[a-z_]+)+(?=\s)/g)].map(([name]) => name).sort()).toEqual(
    Object.keys(HANDLERS).sort(),
  );
  expect(Object.keys(HANDLERS).length).toBeLessThanOrEqual(20);
});
