import Stripe from 'stripe';
import { SECOND } from '../../lib/time.ts';
import type { BillingProvider, Meter, Price, ProviderSubscription } from '../port.ts';
import { explain } from './stripe-errors.ts';
import { requiredId } from './stripe-shapes.ts';

const PAGE = 100;

/** How calls of Stripe are made: an answer that is an error is thrown as ours, and what is not there is null. */
interface Calls {
  call<T>(work: () => Promise<T>): Promise<T>;
  lookUp<T>(work: () => Promise<T>): Promise<T | null>;
}

/** What of Stripe counts use. */
export function meters(
  stripe: Stripe,
  { call, lookUp }: Calls,
): Pick<BillingProvider, 'meter' | 'meterNamed' | 'reportUse' | 'countedByHour'> {
  return {
    meter: (id) => lookUp(async () => meterOf(await stripe.billing.meters.retrieve(id))),

    meterNamed: (eventName) =>
      call(async () => {
        for await (const meter of stripe.billing.meters.list({ status: 'active', limit: PAGE })) {
          if (meter.event_name === eventName) return meterOf(meter);
        }
        return null;
      }),

    async reportUse({ eventName, customerId, value, identifier, at }) {
      try {
        await stripe.billing.meterEvents.create({
          event_name: eventName,
          payload: { stripe_customer_id: customerId, value: String(value) },
          identifier,
          timestamp: Math.floor(at / SECOND),
        });
        return { isKnown: false, refusal: null };
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw explain(error);
        if (isTaken(error)) return { isKnown: true, refusal: null };
        explain(error);
        return { isKnown: false, refusal: error.code ?? error.type };
      }
    },

    countedByHour: (meterId, customer, { from, to }) =>
      call(async () => {
        const counted = new Map<number, number>();
        const hours = stripe.billing.meters.listEventSummaries(meterId, {
          customer,
          start_time: from / SECOND,
          end_time: to / SECOND,
          value_grouping_window: 'hour',
          limit: PAGE,
        });
        for await (const { start_time: start, aggregated_value: value } of hours)
          counted.set(start * SECOND, value);
        return counted;
      }),
  };
}

/**
 * What of a subscription is paid by use, from now on: where it has a price by the same meter already, another one in its place, or what is
 * used would be billed twice. What it has besides stays, so that what was used is billed.
 */
export function meteredItems(
  { items }: ProviderSubscription,
  prices: Price[],
): Stripe.SubscriptionUpdateParams.Item[] {
  return prices.flatMap(({ id: price, meterId }) => {
    const item = items.find((one) => one.meterId === meterId);
    if (item?.priceId === price) return [];
    return [item ? { id: item.itemId, price } : { price }];
  });
}

/** Stripe refuses what it knows already: an answer was lost. Nothing but the text of it says so in every version. */
function isTaken({ code, message }: { code?: string | undefined; message: string }): boolean {
  return code === 'duplicate_meter_event' || /already exists with identifier/i.test(message);
}

function meterOf(meter: Stripe.Billing.Meter): Meter {
  // What was summed up beforehand would be replaced by what comes later in the same hour.
  const addsUp =
    meter.status === 'active' &&
    meter.default_aggregation.formula === 'sum' &&
    !meter.event_time_window &&
    meter.customer_mapping.event_payload_key === 'stripe_customer_id' &&
    meter.value_settings.event_payload_key === 'value';
  return { id: requiredId(meter), eventName: meter.event_name, addsUp };
}
