import { TopUpFields } from '../../billing/schemas.ts';
import type { Billing, Payer } from '../../billing/service.ts';
import { ApiError, fieldError } from '../../errors.ts';
import type { AppContext } from '../../http/context.ts';
import { billingMessages } from '../../languages/messages.ts';
import { valid } from '../kit/form-data.ts';
import { smallestUnits } from '../kit/format.ts';
import { MessagePage } from '../kit/frame.tsx';
import type { PageForm } from '../kit/page.ts';
import { show } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';

/** Where Stripe has its pages, unless a domain was bought for them. */
export const STRIPE = ['https://checkout.stripe.com', 'https://billing.stripe.com'];

type Act = PageForm<Visit>['act'];

/**
 * What is done about paying on the page of a payer. `payerOf` says whose page it is, and throws where whoever looks may not; `free` is the
 * plan that costs nothing.
 */
export function billingForms(
  billing: Billing,
  payerOf: (c: AppContext, visit: Visit) => Promise<Payer>,
  free: string,
): Record<string, PageForm<Visit>> {
  const form = (act: Act): PageForm<Visit> => ({ verified: true, act });
  /** Charges a stored way to pay, changes it, or leads to where it is changed. */
  const freshForm = (act: Act): PageForm<Visit> => ({ ...form(act), fresh: true });
  const choose =
    (done: string): Act =>
    async (c, visit, { price = '', seats }) => {
      try {
        const wanted = seats === undefined ? undefined : Number(seats);
        if (wanted !== undefined && !(Number.isSafeInteger(wanted) && wanted > 0)) {
          throw fieldError('seats', 'invalid', 'Must be a number');
        }
        await billing.choosePlan(await payerOf(c, visit), { priceId: price }, wanted);
        return done;
      } catch (error) {
        if (!(error instanceof ApiError && error.checkoutUrl)) throw error;
        return toStripe(c, visit, error.checkoutUrl, error.code === 'payment_failed');
      }
    };
  return {
    plan: freshForm(choose('plan_changed')),
    resume: freshForm(choose('plan_resumed')),
    seats: freshForm(choose('seats_changed')),
    end: freshForm(async (c, visit) => {
      await billing.choosePlan(await payerOf(c, visit), { plan: free });
      return 'plan_ends';
    }),
    credits: form(async (c, visit, { price = '' }) => {
      const { url } = await billing.checkout(await payerOf(c, visit), { priceId: price }, 1, {});
      return toStripe(c, visit, url);
    }),
    portal: freshForm(async (c, visit) =>
      toStripe(c, visit, await billing.portal(await payerOf(c, visit), undefined)),
    ),
    method_default: freshForm(async (c, visit, { method = '' }) => {
      await billing.setDefaultPaymentMethod(await payerOf(c, visit), method);
      return 'method_default';
    }),
    method_remove: freshForm(async (c, visit, { method = '' }) => {
      await billing.detachPaymentMethod(await payerOf(c, visit), method);
      return 'method_removed';
    }),
    top_up: {
      names: { price_id: 'pack' },
      ...freshForm(async (c, visit, { below, pack = '', monthly_limit: limit = '' }) => {
        const payer = await payerOf(c, visit);
        const price = (await billing.offers(payer.realmId)).find(({ priceId }) => priceId === pack);
        const wanted = valid(TopUpFields, {
          below: Number(below || Number.NaN),
          price_id: pack,
          monthly_limit: price ? smallestUnits(limit, price.currency) : 0,
        });
        await billing.setTopUp(payer, {
          below: wanted.below,
          priceId: wanted.price_id,
          monthlyLimit: wanted.monthly_limit,
        });
        return 'top_up_set';
      }),
    },
    top_up_end: form(async (c, visit) => {
      await billing.endTopUp(await payerOf(c, visit));
      return 'top_up_ended';
    }),
  };
}

/** Leads to Stripe. A browser follows no redirect to an origin that the page did not name: it is shown a link. */
function toStripe(
  c: AppContext,
  { view }: Visit,
  url: string,
  wasDeclined = false,
): Response | Promise<Response> {
  if (!wasDeclined && STRIPE.includes(new URL(url).origin)) return c.redirect(url, 303);
  const text = billingMessages[view.language];
  const said = wasDeclined
    ? { title: text.declinedTitle, text: text.declinedText, action: { href: url, label: text.payAnotherWay } }
    : { title: text.onwardTitle, text: text.onwardText, action: { href: url, label: text.onward } };
  return show(c, view, <MessagePage view={view} {...said} failed={wasDeclined} />, {
    status: wasDeclined ? 402 : 200,
  });
}
