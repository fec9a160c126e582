import { DEFAULT_PLAN } from '../../directory/state.ts';
import { ApiError } from '../../errors.ts';
import type { AppContext } from '../../http/context.ts';
import { MessagePage } from '../kit/frame.tsx';
import { type PageForm, pageRoutes } from '../kit/page.ts';
import { Alert } from '../kit/panel.tsx';
import { show } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { type BillingState, billingState } from './billing-data.ts';
import { billingMessages } from './billing-messages.ts';
import { CreditPacks, InvoicePanel, MethodPanel } from './billing-panels.tsx';
import { CurrentPlanPanel, OfferPanel } from './billing-plan.tsx';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** Where Stripe has its pages, unless a domain was bought for them. */
const STRIPE = ['https://checkout.stripe.com', 'https://billing.stripe.com'];

type Act = PageForm<Visit>['act'];

/** The plan of a user and what they pay for it, payment methods, and invoices. */
export function billingPageRoutes(services: AccountServices) {
  const { billing } = services;
  const form = (act: Act): PageForm<Visit> => ({ verified: true, act });
  /** Charges a stored way to pay, changes it, or leads to where it is changed. */
  const freshForm = (act: Act): PageForm<Visit> => ({ ...form(act), fresh: true });
  const choose =
    (done: string): Act =>
    async (c, visit, { price = '' }) => {
      try {
        await billing.choosePlan(payerOf(visit), { priceId: price });
        return done;
      } catch (error) {
        if (!(error instanceof ApiError && error.checkoutUrl)) throw error;
        return toStripe(c, visit, error.checkoutUrl, error.code === 'payment_failed');
      }
    };
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.billing,
    messages: billingMessages,
    leadsTo: async () => STRIPE,
    forms: {
      plan: freshForm(choose('plan_changed')),
      resume: freshForm(choose('plan_resumed')),
      end: freshForm(async (_, visit) => {
        await billing.choosePlan(payerOf(visit), { plan: DEFAULT_PLAN });
        return 'plan_ends';
      }),
      credits: form(async (c, visit, { price = '' }) => {
        const { url } = await billing.checkout(payerOf(visit), { priceId: price }, 1, {});
        return toStripe(c, visit, url);
      }),
      portal: freshForm(async (c, visit) =>
        toStripe(c, visit, await billing.portal(payerOf(visit), undefined)),
      ),
      method_default: freshForm(async (_, visit, { method = '' }) => {
        await billing.setDefaultPaymentMethod(payerOf(visit), method);
        return 'method_default';
      }),
      method_remove: freshForm(async (_, visit, { method = '' }) => {
        await billing.detachPaymentMethod(payerOf(visit), method);
        return 'method_removed';
      }),
    },
    render: async (_, visit, shown) => {
      const state = await billingState(services, visit);
      const { principal } = visit;
      const { refused } = shown;
      return (
        <AccountFrame visit={visit} page="billing" shown={shown}>
          {refused && <Alert isFocused>{refused.problem.summary}</Alert>}
          {!principal.emailVerified && <p class="soft">{addressNeeded(visit)}</p>}
          <CurrentPlanPanel visit={visit} state={state} />
          <StripePanels visit={visit} state={state} />
        </AccountFrame>
      );
    },
  });
}

/** What there is only with Stripe. */
function StripePanels({ visit, state }: { visit: Visit; state: BillingState }) {
  const text = billingMessages[visit.view.language];
  const { wallet } = state;
  if (wallet === 'billing_not_configured') return <p class="notice">{text.notConfigured}</p>;
  if (wallet === 'service_unavailable') return <p class="notice">{text.noAnswer}</p>;
  return (
    <>
      <OfferPanel visit={visit} state={state} wallet={wallet} />
      <CreditPacks visit={visit} state={state} />
      <MethodPanel visit={visit} wallet={wallet} />
      <InvoicePanel view={visit.view} wallet={wallet} />
    </>
  );
}

function payerOf({ user }: Visit) {
  return { payerId: user.id, realmId: user.realmId };
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
