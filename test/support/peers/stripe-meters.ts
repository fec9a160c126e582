import { invalid, type StripeAccount, StripeRefusal } from './stripe-account.ts';

type Json = Record<string, any>;

const DAY = 86_400;
const HOUR = 3600;

/** Meters that tests have: two that add up, one that counts, one that takes what is summed up beforehand, one that takes nothing any more. */
export const METERS: Json[] = [
  meter('mtr_images', 'images_beyond'),
  meter('mtr_tokens', 'tokens_beyond'),
  { ...meter('mtr_counting', 'counted'), default_aggregation: { formula: 'count' } },
  { ...meter('mtr_hourly', 'hourly'), event_time_window: 'hour' },
  { ...meter('mtr_retired', 'retired'), status: 'inactive' },
];

/** Prices by use, by those meters. */
export const METERED_PRICES: Json[] = [
  byUse('price_images_over', 'mtr_images', 'month'),
  byUse('price_images_dear', 'mtr_images', 'month'),
  byUse('price_tokens_over', 'mtr_tokens', 'month'),
  byUse('price_images_yearly', 'mtr_images', 'year'),
  byUse('price_counting', 'mtr_counting', 'month'),
  byUse('price_hourly', 'mtr_hourly', 'month'),
  byUse('price_retired_meter', 'mtr_retired', 'month'),
];

function meter(id: string, eventName: string): Json {
  return {
    id,
    object: 'billing.meter',
    event_name: eventName,
    display_name: eventName,
    status: 'active',
    event_time_window: null,
    default_aggregation: { formula: 'sum' },
    customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
    value_settings: { event_payload_key: 'value' },
    status_transitions: { deactivated_at: null },
  };
}

function byUse(id: string, meterId: string, interval: string): Json {
  return {
    id,
    object: 'price',
    active: true,
    currency: 'usd',
    unit_amount: 3,
    type: 'recurring',
    recurring: { interval, interval_count: 1, usage_type: 'metered', meter: meterId },
  };
}

/**
 * The meters of a Stripe account, their events and what they come to, from the API reference of version 2026-10-28. What it lacks: it counts
 * at once (but for what a test loses), while Stripe does so some minutes later; it bills nothing (no invoice has lines by use), tells nobody of events that came to
 * nothing (`v1.billing.meter.error_report_triggered`), has no adjustments, and limits no rate.
 */
export class StripeMeters {
  readonly #account: StripeAccount;
  readonly #events: (Json & { received: number; counts: boolean; isKnown: boolean })[] = [];

  constructor(account: StripeAccount) {
    this.#account = account;
    for (const one of [...METERS, ...METERED_PRICES]) account.objects.set(one.id, one);
  }

  /** Takes an event, which is all that its sender hears: of a customer who is not there nothing comes of it. */
  take({ event_name: name, payload = {}, identifier, timestamp }: Json): Json {
    const customer = payload.stripe_customer_id;
    if (!name) throw missing('event_name');
    if (!customer) throw missing('payload[stripe_customer_id]');
    if (!/^-?\d+$/.test(payload.value ?? '')) throw invalid('The value must be a whole number');
    if (identifier && identifier.length > 100) throw invalid('Invalid string: identifier is too long');
    const meters = this.#account.list(
      'billing.meter',
      (one) => one.event_name === name && one.status === 'active',
    );
    if (meters.length === 0) throw invalid(`No active meter found for event name ${name}.`);
    const now = this.#account.now(customer);
    const at = timestamp === undefined ? now : Number(timestamp);
    if (at > now + 300) throw invalid('The timestamp is more than 5 minutes in the future');
    if (at < now - 35 * DAY) throw invalid('The timestamp is more than 35 days in the past');
    if (this.#events.some((one) => one.isKnown && one.identifier === identifier && one.received > now - DAY))
      throw invalid(`An event already exists with identifier ${identifier}.`);
    const event = {
      object: 'billing.meter_event',
      event_name: name,
      identifier,
      payload,
      timestamp: at,
      created: now,
      livemode: false,
    };
    const counts = this.#account.objects.has(customer);
    this.#events.push({ ...event, received: now, counts, isKnown: true });
    return event;
  }

  /** What a meter has counted of a customer in a range, by hour; hours of nothing are left out. */
  summaries(meterId: string, params: Json): Json[] {
    const { event_name: name } = this.#account.get(meterId);
    const [from, to] = [Number(params.start_time), Number(params.end_time)];
    if (params.value_grouping_window !== 'hour') throw invalid('The peer groups by hour alone');
    if (from % HOUR !== 0 || to % HOUR !== 0 || !(from < to))
      throw invalid('Must be aligned with hour boundaries');
    const sums = new Map<number, number>();
    for (const { payload, timestamp, counts } of this.of(params.customer, name)) {
      if (!counts || timestamp < from || timestamp >= to) continue;
      const hour = timestamp - (timestamp % HOUR);
      sums.set(hour, (sums.get(hour) ?? 0) + Number(payload.value));
    }
    return [...sums]
      .sort(([one], [other]) => other - one)
      .map(([hour, value]) => ({
        id: `mtrusg_${meterId}_${hour}`,
        object: 'billing.meter_event_summary',
        aggregated_value: value,
        start_time: hour,
        end_time: hour + HOUR,
        meter: meterId,
        livemode: false,
      }));
  }

  /** The events that were taken of a customer, the oldest first. */
  of(customer: string, name?: string): (Json & { counts: boolean; isKnown: boolean })[] {
    return this.#events.filter(
      (one) => one.payload.stripe_customer_id === customer && (name === undefined || one.event_name === name),
    );
  }

  /** Forgets what it has taken of a customer. */
  lose(customer: string): Json {
    const lost = this.of(customer);
    for (const one of lost) Object.assign(one, { counts: false, isKnown: false });
    return { lost: lost.length };
  }

  /** Counts what it has taken of a customer, or does not yet. */
  setCounted(customer: string, counts: boolean): Json {
    const these = this.of(customer);
    for (const one of these) one.counts = counts;
    return { counted: these.length };
  }
}

function missing(param: string): StripeRefusal {
  const message = `Missing required param: ${param}.`;
  return new StripeRefusal(400, { type: 'invalid_request_error', code: 'parameter_missing', message, param });
}
