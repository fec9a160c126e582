import { ApiError, fieldError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import { allowedRedirect } from '../realms/redirect-service.ts';
import { payerMetadata } from './customers.ts';
import type { BillingKit } from './parts.ts';
import type { PayerRow } from './payer-directory.ts';
import type { Purchase } from './port.ts';
import type { CustomerRow, PriceRow } from './tables.ts';

/** Where a checkout leads back to; the billing page unless said. */
export type WaysBack = { successUrl?: string | undefined; cancelUrl?: string | undefined };

/** Stripe's pages on which things are bought. */
export class Checkouts {
  readonly #kit: BillingKit;

  constructor(kit: BillingKit) {
    this.#kit = kit;
  }

  /**
   * A checkout at Stripe; for one `reference` one. Throws `reference_reused`, and 422 for an address that the realm does
   * not allow.
   */
  async open(
    payer: PayerRow,
    customer: CustomerRow,
    price: PriceRow,
    quantity: number,
    back: WaysBack,
    reference?: string,
  ): Promise<{ id: string; url: string }> {
    const realm = await this.#kit.deps.realms.get(payer.realmId);
    const purchase: Purchase = {
      customerId: customer.customerId,
      priceId: price.priceId,
      mode: price.plan === null ? 'payment' : 'subscription',
      quantity,
      metered: price.metered ?? [],
      asksTaxId: payer.organization !== null,
      successUrl: this.wayBack(realm, 'success_url', back.successUrl, `${billingPageOf(payer)}?done=paid`),
      cancelUrl: this.wayBack(realm, 'cancel_url', back.cancelUrl, `${billingPageOf(payer)}?done=not_paid`),
      // What is bought is what was offered, whatever the price stands for when it is paid.
      metadata: {
        ...payerMetadata(customer),
        ...(price.credits !== null && { credits: String(price.credits * quantity) }),
      },
    };
    return this.#kit.parts.stripe.createCheckout(
      purchase,
      reference === undefined ? undefined : requestKey(payer, reference),
    );
  }

  /** What to say to who has no way to pay that works: where to go and pay. */
  async askToPay(
    payer: PayerRow,
    customer: CustomerRow,
    price: PriceRow,
    quantity: number,
    code: 'payment_required' | 'payment_failed',
    detail?: string,
  ): Promise<ApiError> {
    const { stripe } = this.#kit.parts;
    await stripe.expireCheckouts(customer.customerId, 'subscriptions');
    const { url } = await this.open(payer, customer, price, quantity, {});
    return new ApiError(code, { checkoutUrl: url, ...(detail && { detail }) });
  }

  /** An address that the realm allows; a page of the realm's own when none is given. Throws 422. */
  wayBack(realm: Realm, path: string, target: string | undefined, page: string): string {
    if (target === undefined) return `${realm.issuer}${page}`;
    const url = allowedRedirect(realm, this.#kit.deps.config.ORIGIN, target);
    if (!url) throw fieldError(path, 'not_allowed', 'Must be an address that the realm allows');
    return url.href;
  }
}

/** The page on which a payer sees to paying. */
export function billingPageOf({ id, organization }: PayerRow): string {
  return organization === null ? '/account/billing' : `/account/organizations/${id}`;
}

/** By what Stripe knows a request of a payer's again; of whatever kind, so that a reference stands for one request. */
export function requestKey({ id }: PayerRow, reference: string): string {
  return `request:${id}:${reference}`;
}
