import type Stripe from 'stripe';

/** What Stripe's Checkout offers and asks for beside the way to pay. */
export interface CheckoutSettings {
  /** It takes promotion codes. */
  promotionCodes: boolean;
  /** Stripe reckons taxes, here and for subscriptions that are begun without it. */
  automaticTax: boolean;
  /** It asks businesses for their tax id. */
  taxIds: boolean;
}

/** Nothing beside it. */
export const PLAIN_CHECKOUT: CheckoutSettings = { promotionCodes: false, automaticTax: false, taxIds: false };

/** What has Stripe reckon taxes, where that is set. */
export const taxed = ({ automaticTax }: CheckoutSettings) =>
  automaticTax && { automatic_tax: { enabled: true } };

/** What a checkout says of it. */
export function offered(settings: CheckoutSettings): Partial<Stripe.Checkout.SessionCreateParams> {
  const { promotionCodes, automaticTax, taxIds } = settings;
  return {
    ...(promotionCodes && { allow_promotion_codes: true }),
    ...taxed(settings),
    ...(taxIds && { tax_id_collection: { enabled: true } }),
    // Of a customer who is known, what is asked for is kept only when that is said.
    ...((automaticTax || taxIds) && {
      customer_update: {
        ...(automaticTax && { address: 'auto' as const }),
        ...(taxIds && { name: 'auto' as const }),
      },
    }),
  };
}
