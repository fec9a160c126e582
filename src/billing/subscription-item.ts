import type { ProviderSubscription } from './port.ts';

/** A subscription as it is to the first of its items of which that is so; as it was when it is so of none. */
export function asTo(
  subscription: ProviderSubscription,
  isIt: (priceId: string) => boolean,
): ProviderSubscription {
  const item = subscription.items.find(({ priceId }) => isIt(priceId));
  if (!item) return subscription;
  const { isCancelTimed, cancelAtPeriodEnd } = subscription;
  const withPeriod = cancelAtPeriodEnd && !isCancelTimed;
  const cancelAt = withPeriod ? item.periodEnd : subscription.cancelAt;
  return {
    ...subscription,
    ...item,
    cancelAt,
    cancelAtPeriodEnd: withPeriod || cancelAt === item.periodEnd,
  };
}
