import { beforeAll, expect, it, vi } from 'vitest';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { countedBindings } from '../support/counted.ts';
import { atStripe, mapPrices, silentPayer, watch, watching } from '../support/stripe.ts';

const FILE = 'event-calls';
/** What the job takes from its budget for one: EVENT_CALLS of src/billing/events.ts. */
const TAKEN = 40;

beforeAll(() => mapPrices());

it('no event of Stripe takes more calls than the budget is asked for', async () => {
  const user = await silentPayer();
  await watch(FILE, user.customerId);
  await atStripe('attach', { customer: user.customerId });
  const body = { plan: 'pro', user_id: user.userId };
  const begun = await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body });
  await atStripe('renew', { id: begun.body.id, pays: true });

  const { bindings, counted } = countedBindings({ STRIPE_SECRET_KEY: watching(FILE).STRIPE_SECRET_KEY });
  const { billingAdmin } = createServices(bindings);
  let fetched = 0;
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((...args) => {
    fetched += 1;
    return real(...args);
  });
  const made = () => counted.statements + counted.objects + fetched;
  await billingAdmin.reconcile(Date.now(), { take: (calls) => calls < TAKEN });
  const perEvent: number[] = [];
  for (let handled = true; handled; ) {
    const before = made();
    handled = false;
    await billingAdmin.catchUp(Date.now(), {
      take: (calls) => {
        if (calls < TAKEN) return true;
        if (handled) return false;
        handled = true;
        return true;
      },
    });
    perEvent.push(made() - before);
  }
  expect(perEvent.length).toBeGreaterThan(3);
  expect(fetched).toBeGreaterThan(3);
  // With the question what is due, and what else is: some statements.
  expect(Math.max(...perEvent)).toBeLessThanOrEqual(TAKEN);
  await billingAdmin.catchUp(Date.now(), PLENTY);
});
