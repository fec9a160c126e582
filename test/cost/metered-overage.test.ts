import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { accountOf } from '../support/api.ts';
import { changePlan, meteredUser, termsOf } from '../support/metering.ts';
import { project } from '../support/projection.ts';
import { countRows, takeRows } from '../support/rows.ts';

const TERMS = termsOf({ limits: { images: { day: 1 } }, overage: { images: { meter: 'images_beyond' } } });
const TIMES = 10;

/** Rows of a minute of ten uses, and of what tells the directory of them. */
async function minuteOf(id: string, resource = 'images', terms = TERMS) {
  await takeRows();
  for (let n = 0; n < TIMES; n += 1)
    await accountOf(id).consume(terms, { resource, quantity: 1, reference: crypto.randomUUID() });
  const { objectRows: atOnce } = await takeRows(id);
  await project(id);
  const { objectRows, d1Rows, statements } = await takeRows(id);
  return { atOnce, told: objectRows, d1: d1Rows, statements };
}

it('what a meter bills costs no row more as it is used, and a few a minute to tell', async () => {
  await countRows();
  const id = await meteredUser();
  await changePlan(id, { subscribed: 1, meters: '["images_beyond"]' });
  const within = termsOf({ limits: { images: { day: 1_000 } } });
  await minuteOf(id, 'images', within);
  const plain = await minuteOf(id, 'images', within);
  await minuteOf(id);
  const metered = await minuteOf(id);
  console.log('COSTS', JSON.stringify({ plain, metered }));
  expect(metered.atOnce).toBe(plain.atOnce);
  // The hour as it is, and that it was told.
  expect(metered.told - plain.told).toBe(2);
  expect(metered.statements - plain.statements).toBe(1);
  // The row, and its place among those that are due.
  expect(metered.d1 - plain.d1).toBe(2);
  const row = await env.DB.prepare('SELECT used FROM overage_reports WHERE payer_id = ?')
    .bind(id)
    .first('used');
  expect(row).toBe(2 * TIMES);
});
