import { type Database, primary } from '../db/client.ts';
import type { Directory } from '../directory/service.ts';
import type { ActivityType } from '../directory/state.ts';
import { ApiError } from '../errors.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY, HOUR, MINUTE } from '../lib/time.ts';
import type { AccountChange } from '../messages/templates/mail-data.ts';
import type { Customers } from './customers.ts';
import {
  claimEvent,
  dueEvents,
  findEvent,
  knownEvents,
  readProgress,
  settleEvent,
  storeEvents,
  writeProgress,
} from './event-store.ts';
import type { MailRow, PayerDirectory } from './payer-directory.ts';
import type { Payments } from './payments.ts';
import type { BillingProvider, HeardHint, Hint } from './port.ts';
import type { StrayPayments } from './stray-payments.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { CustomerRow, EventRow } from './tables.ts';

/** Longer than handling an event may take; handling one twice at once does no harm. */
const LEASE = 2 * MINUTE;
const FIRST_RETRY = MINUTE;
const MAX_RETRY = 6 * HOUR;
/** Over some two and a half days, as long as Stripe itself repeats. */
const MAX_ATTEMPTS = 18;
const EVENTS_PER_RUN = 25;
/** Stripe's list is read again from so long before where it was read to. */
const OVERLAP = HOUR;
/** Events of Stripe's list that one run reads at most. */
const MAX_LISTED = 2000;
const BATCH = 10;
/** Events that Stripe gives in one call. */
const PAGE = 100;
/** What handling an event takes at most: statements, calls of Stripe and of objects, and the mail that tells of it. */
const EVENT_CALLS = 40;

/** What handling events takes. */
export interface EventDependencies {
  d1: D1Database;
  stripe: BillingProvider;
  customers: Customers;
  subscriptions: Subscriptions;
  payments: Payments;
  directory: Directory;
  payers: PayerDirectory;
  strays: StrayPayments;
  /** Those of the other databases, whose realms' events come here too. */
  others: () => BillingEvents[];
}

type Along = NonNullable<Parameters<typeof settleEvent>[3]>;

/** Does what an event hints at; false when it concerns nobody here. Doing it again changes nothing. */
type Handler = ((deps: EventDependencies, event: EventRow, owner: CustomerRow | null) => Promise<boolean>) & {
  /** What it is called in the activity log, and so told, where it is. */
  activity?: ActivityType;
};

const syncs: Handler = ({ subscriptions }, { subject }) => subscriptions.sync(subject);
const completes: Handler = ({ payments }, { subject }) => payments.completed(subject);
const credits: Handler = ({ payments }, { subject }) => payments.credited(subject);
const reverses: Handler = ({ payments }, { subject }) => payments.reversed(subject);

/** Every event that is listened to. Subscribe the webhook endpoint to these. */
export const HANDLERS: Record<string, Handler> = {
  'checkout.session.completed': completes,
  'checkout.session.async_payment_succeeded': completes,
  'customer.created': ({ customers }, { subject }) => customers.adopt(subject),
  'customer.deleted': forget,
  'customer.subscription.created': syncs,
  'customer.subscription.updated': syncs,
  'customer.subscription.deleted': syncs,
  'customer.subscription.paused': syncs,
  'customer.subscription.resumed': syncs,
  'customer.subscription.trial_will_end': telling('trial_ending', syncs),
  'invoice.paid': ({ payments }, { subject }) => payments.invoiced(subject),
  'invoice.payment_failed': telling('payment_failed', ({ payments }, { subject }) =>
    payments.invoiced(subject),
  ),
  'payment_method.attached': telling('payment_method_added', makeDefault),
  'payment_method.detached': telling('payment_method_removed', async () => true),
  'charge.refunded': telling('payment_reversed', reverses),
  'charge.dispute.created': telling('payment_reversed', reverses),
  'charge.dispute.closed': telling('payment_reversed', reverses),
  'refund.failed': telling('payment_reversed', reverses),
  'credit_note.created': telling('payment_reversed', credits),
  'credit_note.voided': telling('payment_reversed', credits),
};

/** Of what its payer hears by mail. */
const NOTICES: Record<string, AccountChange> = {
  'payment_method.attached': 'payment_method_added',
  'payment_method.detached': 'payment_method_removed',
};

/** What Stripe tells: written down, then done, once; what fails is tried again. */
export class BillingEvents {
  readonly #deps: EventDependencies;
  readonly #db: Database;

  constructor(deps: EventDependencies) {
    this.#deps = deps;
    this.#db = primary(deps.d1).db;
  }

  /** Takes a webhook. Throws `invalid_signature`, and `billing_event_failed` for Stripe to send it again. */
  async receive(body: string, signature: string | undefined): Promise<void> {
    const hint = await this.#deps.stripe.readWebhook(body, signature);
    if (!isHeard(hint)) return;
    await storeEvents(this.#db, [hint], Date.now());
    if (!(await this.handle(hint.id))) throw new ApiError('billing_event_failed');
  }

  /** Handles an event that is written down, unless that was done or is being done. False when it has failed. */
  async handle(id: string): Promise<boolean> {
    const now = Date.now();
    const event = await claimEvent(this.#db, id, now, now + LEASE);
    if (!event) return true;
    try {
      const { isOurs, owner } = await this.#act(event);
      if (!isOurs) await this.#passOn(event);
      // With what the event is settled by: it comes once, however often the handling was begun.
      const mail = isOurs && owner ? await this.#noticeOf(owner, event) : null;
      const now = Date.now();
      const outcome = { status: isOurs ? 'done' : 'ignored', now } as const;
      const isSettled = await settleEvent(
        this.#db,
        event,
        outcome,
        isOurs && owner ? this.#along(owner, event, mail, now) : null,
      );
      if (isSettled && mail) this.#deps.directory.send(mail);
      return true;
    } catch (error) {
      const reason = error instanceof ApiError ? error.code : `internal: ${(error as Error).name}`;
      log('error', 'billing_event_failed', { id, type: event.type, reason });
      const retryAt = Date.now() + Math.min(FIRST_RETRY * 2 ** (event.attempts - 1), MAX_RETRY);
      await settleEvent(this.#db, event, { status: 'failed', now: Date.now(), error: reason, retryAt });
      return false;
    }
  }

  /** Tries again what has failed, and what somebody began and never reported. */
  async retry(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    for (const { id } of await dueEvents(this.#db, now, MAX_ATTEMPTS, EVENTS_PER_RUN)) {
      if (!budget.take(EVENT_CALLS)) return;
      await this.handle(id);
    }
  }

  /** Writes down the events of Stripe's own list that no webhook has brought; `retry` does what they hint at. */
  async collect(now: number, budget: Budget): Promise<void> {
    // How far it was read, what of it is known, and how far it is read then.
    if (!budget.take(3)) return;
    const since = Math.min((await readProgress(this.#db)) ?? now - DAY, now) - OVERLAP;
    const listed: HeardHint[] = [];
    let read = 0;
    if (!budget.take(1)) return;
    for await (const hint of this.#deps.stripe.events(Object.keys(HANDLERS), since)) {
      if (isHeard(hint)) listed.push(hint);
      read += 1;
      if (listed.length === MAX_LISTED || (read % PAGE === 0 && !budget.take(1))) break;
    }
    const known = await knownEvents(
      this.#db,
      listed.map(({ id }) => id),
    );
    // Oldest first, as they would have come.
    const missed = listed.filter(({ id }) => !known.has(id)).toReversed();
    for (let at = 0; at < missed.length; at += BATCH) {
      const batch = missed.slice(at, at + BATCH);
      // The next run reads again from where this one did, and finds these known.
      if (!budget.take(batch.length)) return;
      await storeEvents(this.#db, batch, now);
    }
    await writeProgress(this.#db, now);
  }

  find(id: string): Promise<EventRow | null> {
    return findEvent(this.#db, id);
  }

  /** The mail that tells the payer of an event; null when there is nothing to tell, or nobody. */
  async #noticeOf(owner: CustomerRow, { type }: EventRow): Promise<MailRow | null> {
    const change = NOTICES[type];
    return change ? this.#deps.payers.noticeOf(owner, change) : null;
  }

  /** What is written with an event that is settled: the mail, and what tells of it. */
  #along(owner: CustomerRow, event: EventRow, mail: MailRow | null, now: number): Along | null {
    const { payers } = this.#deps;
    const activity = HANDLERS[event.type]?.activity;
    const told = activity ? payers.telling(owner, activity, detailsOf(event), now) : null;
    if (!mail && !told) return null;
    return (db, stands) => [
      ...(mail ? [payers.mailing(db, mail, stands)] : []),
      ...(told?.(db, stands) ?? []),
    ];
  }

  /** Has the first other database take it whose user it concerns. Throws when one of them fails. */
  async #passOn({ id, type, subject, customerId, createdAt }: EventRow): Promise<void> {
    for (const other of this.#deps.others()) {
      await storeEvents(other.#db, [{ id, type, subject, customerId, createdAt }], Date.now());
      if (!(await other.handle(id))) throw new ApiError('billing_event_failed');
      if ((await other.find(id))?.status === 'done') return;
    }
  }

  async #act(event: EventRow): Promise<{ isOurs: boolean; owner: CustomerRow | null }> {
    const { customerId, type } = event;
    const owner = customerId === null ? null : await this.#deps.customers.owner(customerId);
    // Somebody else's, of the same Stripe account; or of who is gone.
    if (customerId !== null && !owner && type !== 'customer.created')
      return { isOurs: await this.#deps.strays.heard(event), owner };
    const handler = HANDLERS[type];
    return { isOurs: handler ? await handler(this.#deps, event, owner) : false, owner };
  }
}

function isHeard(hint: Hint): hint is HeardHint {
  return hint.subject !== null && Object.hasOwn(HANDLERS, hint.type);
}

/** Also tells of it: in the log of the payer whom it concerns, and those who listen. */
function telling(activity: ActivityType, handler: Handler): Handler {
  const log: Handler = async (deps, event, owner) => {
    const isOurs = await handler(deps, event, owner);
    if (!isOurs || !owner) return isOurs;
    await deps.payers.log(owner, activity, detailsOf(event));
    return true;
  };
  return Object.assign(log, { activity });
}

function detailsOf({ id, subject }: EventRow) {
  return { event: id, subject };
}

/** Somebody has deleted a customer at Stripe, not a payer here: when paying again, they get another. */
async function forget(
  { stripe, customers, subscriptions }: EventDependencies,
  { subject }: EventRow,
  owner: CustomerRow | null,
) {
  if (!owner || (await stripe.customerMetadata(subject))) return owner !== null;
  await subscriptions.syncAll(owner.payerId);
  await customers.forget(owner);
  return true;
}

/** The first way to pay is the one that is used. */
async function makeDefault({ stripe }: EventDependencies, { subject }: EventRow, owner: CustomerRow | null) {
  const method = await stripe.paymentMethod(subject);
  // It may be gone again.
  if (!owner || method?.customerId !== owner.customerId) return owner !== null;
  const { defaultId } = await stripe.paymentMethods(owner.customerId);
  if (!defaultId) await stripe.setDefaultPaymentMethod(owner.customerId, subject);
  return true;
}
