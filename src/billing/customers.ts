import { createHash } from 'node:crypto';
import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR, MINUTE } from '../lib/time.ts';
import type { PayerRow } from './payer-directory.ts';
import type { BillingProvider } from './port.ts';
import {
  dropCustomer,
  findCustomer,
  keepCustomer,
  listAddressesDue,
  listErasures,
  postponeAddress,
  postponeErasure,
  settleAddress,
  settleErasure,
} from './store.ts';
import type { CustomerRow } from './tables.ts';

const FIRST_RETRY = MINUTE;
const MAX_RETRY = 6 * HOUR;
const ERASURES_PER_RUN = 20;
/** Ending up to some checkouts that are open, deleting, and noting that. */
const ERASURE_CALLS = 6;
const ADDRESSES_PER_RUN = 20;
/** Customers of one payer that can be deleted at Stripe in a day. */
const MAX_DELETED = 5;

interface AddressDue {
  payerId: string;
  customerId: string;
  email: string | null;
  attempts: number;
}

/** Whom Stripe knows as whom: one customer a payer, made when first needed and deleted with the payer. */
export class Customers {
  readonly #d1: D1Database;
  readonly #stripe: BillingProvider;
  readonly #origin: string;
  readonly #livesHere: (realmId: string) => Promise<boolean>;

  /** Customers are marked with the origin, by which two Latchkeys with one Stripe account tell theirs apart. */
  constructor(
    d1: D1Database,
    stripe: BillingProvider,
    origin: string,
    /** Whether the payers of a realm are in this database. */
    livesHere: (realmId: string) => Promise<boolean>,
  ) {
    this.#livesHere = livesHere;
    this.#d1 = d1;
    this.#stripe = stripe;
    this.#origin = origin;
  }

  /** A payer's customer, or null when none was needed yet. */
  find(payerId: string): Promise<CustomerRow | null> {
    return findCustomer(primary(this.#d1).db, { payerId });
  }

  /** Whose customer that is, or null. */
  owner(customerId: string): Promise<CustomerRow | null> {
    return findCustomer(primary(this.#d1).db, { customerId });
  }

  /**
   * A payer's customer, made if there is none. Throws `user_not_found` or `organization_not_found` when the payer goes meanwhile, and
   * `email_not_verified` for one who has no address, whoever asks.
   */
  async ensure(payer: PayerRow): Promise<CustomerRow> {
    const { id: payerId, realmId, email } = payer;
    if (isPlaceholder(email)) throw new ApiError('email_not_verified');
    const known = await this.find(payerId);
    if (known?.addressDue != null)
      await this.#tellAddress({ ...known, email, attempts: known.addressAttempts });
    if (known) return known;
    // Whoever comes at the same time uses the same key, and gets the same customer. Stripe refuses a key that comes
    // again with another address; what is made in vain then is deleted.
    const address = createHash('sha256').update(email).digest('base64url').slice(0, 16);
    const { organization } = payer;
    const metadata = { ...payerMetadata({ payerId, realmId }), latchkey: this.#origin };
    const customer = { email, ...(organization !== null && { name: organization }), metadata };
    const customerId = await this.#create(customer, `customer:${payerId}:${address}`);
    const { db } = primary(this.#d1);
    const kept = await keepCustomer(db, { payerId, realmId, customerId, createdAt: Date.now() });
    if (!kept) throw new ApiError(organization === null ? 'user_not_found' : 'organization_not_found');
    return kept;
  }

  /** For a day a key gives the customer that it gave before, also one that was deleted meanwhile. */
  async #create(
    customer: { email: string; name?: string; metadata: Record<string, string> },
    key: string,
  ): Promise<string> {
    let [customerId, next] = ['', key];
    for (let tries = 0; tries < MAX_DELETED; tries += 1) {
      customerId = await this.#stripe.createCustomer(customer, next);
      if (await this.#stripe.customerMetadata(customerId)) return customerId;
      next = `${key}:${customerId}`;
    }
    throw new ApiError('service_unavailable');
  }

  /** Keeps a customer whose maker was interrupted, or leaves it to be deleted. False when it is not one of ours. */
  async adopt(customerId: string): Promise<boolean> {
    const metadata = await this.#stripe.customerMetadata(customerId);
    const { user_id: userId, organization_id: organizationId, realm_id: realmId, latchkey } = metadata ?? {};
    const payerId = organizationId ?? userId;
    if (latchkey !== this.#origin || !payerId || !realmId || !(await this.#livesHere(realmId))) return false;
    await keepCustomer(primary(this.#d1).db, { payerId, realmId, customerId, createdAt: Date.now() });
    return true;
  }

  /** Tells Stripe of addresses that were changed, until it has worked. */
  async tellAddresses(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    for (const one of await listAddressesDue(primary(this.#d1).db, now, ADDRESSES_PER_RUN)) {
      if (!budget.take(2)) return;
      await this.#tellAddress(one);
    }
  }

  /** Never throws: whoever pays meanwhile need not wait for it. */
  async #tellAddress({ payerId, customerId, email, attempts }: AddressDue): Promise<void> {
    const { db } = primary(this.#d1);
    try {
      // An owner without an address: Stripe keeps the one that it has.
      if (email === null || isPlaceholder(email))
        return await postponeAddress(db, payerId, Date.now() + MAX_RETRY);
      await this.#stripe.setCustomerEmail(customerId, email);
      await settleAddress(db, payerId, email);
    } catch {
      await postponeAddress(db, payerId, Date.now() + Math.min(FIRST_RETRY * 2 ** attempts, MAX_RETRY));
    }
  }

  /** Takes a customer from their payer, and sees to it that Stripe has deleted it. */
  async forget({ payerId, customerId }: CustomerRow): Promise<void> {
    await dropCustomer(primary(this.#d1).db, payerId, customerId);
  }

  /** Deletes the customers of payers who are gone, until it has worked. */
  async erase(now: number, budget: Budget): Promise<void> {
    const { db } = primary(this.#d1);
    if (!budget.take(1)) return;
    for (const { customerId, attempts } of await listErasures(db, now, ERASURES_PER_RUN)) {
      if (!budget.take(ERASURE_CALLS)) return;
      try {
        // Nobody is to pay for what cannot be had any more.
        await this.#stripe.expireCheckouts(customerId, 'all');
        await this.#stripe.deleteCustomer(customerId);
        await settleErasure(db, customerId, now);
      } catch (error) {
        const pause = Math.min(FIRST_RETRY * 2 ** attempts, MAX_RETRY);
        await postponeErasure(
          db,
          customerId,
          now + pause,
          error instanceof ApiError ? error.code : 'internal_error',
        );
      }
    }
  }
}

/** Whose something at Stripe is, in its metadata. */
export function payerMetadata({
  payerId,
  realmId,
}: Pick<CustomerRow, 'payerId' | 'realmId'>): Record<string, string> {
  return { [isOrganizationId(payerId) ? 'organization_id' : 'user_id']: payerId, realm_id: realmId };
}
