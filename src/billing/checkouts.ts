import type { UserRow } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import { allowedRedirect } from '../realms/redirect-service.ts';
import type { BillingKit } from './parts.ts';
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
    user: UserRow,
    customer: CustomerRow,
    price: PriceRow,
    quantity: number,
    back: WaysBack,
    reference?: string,
  ): Promise<{ id: string; url: string }> {
    const realm = await this.#kit.deps.realms.get(user.realmId);
    const purchase: Purchase = {
      customerId: customer.customerId,
      priceId: price.priceId,
      mode: price.plan === null ? 'payment' : 'subscription',
      quantity,
      successUrl: this.wayBack(realm, 'success_url', back.successUrl, '?done=paid'),
      cancelUrl: this.wayBack(realm, 'cancel_url', back.cancelUrl, '?done=not_paid'),
      // What is bought is what was offered, whatever the price stands for when it is paid.
      metadata: {
        ...metadataOf(user),
        ...(price.credits !== null && { credits: String(price.credits * quantity) }),
      },
    };
    return this.#kit.parts.stripe.createCheckout(
      purchase,
      reference === undefined ? undefined : requestKey(user, reference),
    );
  }

  /** What to say to who has no way to pay that works: where to go and pay. */
  async askToPay(
    user: UserRow,
    customer: CustomerRow,
    price: PriceRow,
    code: 'payment_required' | 'payment_failed',
    detail?: string,
  ): Promise<ApiError> {
    const { stripe } = this.#kit.parts;
    await stripe.expireCheckouts(customer.customerId);
    const { url } = await this.open(user, customer, price, 1, {});
    return new ApiError(code, { checkoutUrl: url, ...(detail && { detail }) });
  }

  /** An address that the realm allows; the billing page when none is given. Throws 422. */
  wayBack(realm: Realm, path: string, target: string | undefined, query: string): string {
    if (target === undefined) return `${realm.issuer}/account/billing${query}`;
    const url = allowedRedirect(realm, this.#kit.deps.config.ORIGIN, target);
    if (!url) throw fieldError(path, 'not_allowed', 'Must be an address that the realm allows');
    return url.href;
  }
}

/** By what Stripe knows a request of a user's again; of whatever kind, so that a reference stands for one request. */
export function requestKey({ id }: UserRow, reference: string): string {
  return `request:${id}:${reference}`;
}

/** Whose it is, for webhooks. */
export function metadataOf(user: UserRow): Record<string, string> {
  return { user_id: user.id, realm_id: user.realmId };
}
