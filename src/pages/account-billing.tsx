import { DEFAULT_PLAN } from '../directory/state.ts';
import { ApiError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { type Account, accountAt } from './account-billing-data.ts';
import { CreditPacks, InvoicePanel, MethodPanel } from './account-billing-panels.tsx';
import { OfferPanel, PlanPanel } from './account-billing-plan.tsx';
import { ACCOUNT_PAGES, AccountFrame } from './account-frame.tsx';
import { type AccountForm, accountPage } from './account-page.tsx';
import type { AccountServices, Visit } from './account-visit.ts';
import { MessagePage } from './layout.tsx';
import { show } from './view.ts';

/** Where Stripe has its pages, unless a domain was bought for them. */
const STRIPE = ['https://checkout.stripe.com', 'https://billing.stripe.com'];

/** The plan and what is paid for it, ways to pay, and invoices. */
export function billingPageRoutes(services: AccountServices) {
  const { billing } = services;
  const form = (act: AccountForm['act']): AccountForm => ({ verified: true, act });
  const choose =
    (done: string): AccountForm['act'] =>
    async (c, visit, { price = '' }) => {
      try {
        await billing.choosePlan(payerOf(visit), { priceId: price });
        return done;
      } catch (error) {
        if (!(error instanceof ApiError && error.checkoutUrl)) throw error;
        return toStripe(c, visit, error.checkoutUrl, error.code === 'payment_failed');
      }
    };
  return accountPage(services, {
    path: ACCOUNT_PAGES.billing,
    leadsTo: async () => STRIPE,
    forms: {
      plan: form(choose('plan_changed')),
      resume: form(choose('plan_resumed')),
      end: form(async (_, visit) => {
        await billing.choosePlan(payerOf(visit), { plan: DEFAULT_PLAN });
        return 'plan_ends';
      }),
      credits: form(async (c, visit, { price = '' }) => {
        const { url } = await billing.checkout(payerOf(visit), { priceId: price }, 1, {});
        return toStripe(c, visit, url);
      }),
      portal: form(async (c, visit) => toStripe(c, visit, await billing.portal(payerOf(visit), undefined))),
      method_default: form(async (_, visit, { method = '' }) => {
        await billing.setDefaultPaymentMethod(payerOf(visit), method);
        return 'method_default';
      }),
      method_remove: form(async (_, visit, { method = '' }) => {
        await billing.detachPaymentMethod(payerOf(visit), method);
        return 'method_removed';
      }),
    },
    render: async (_, visit, { done, refused }) => {
      const account = await accountAt(services, visit);
      const { view, principal } = visit;
      return (
        <AccountFrame visit={visit} page="billing" done={done} failed={refused !== undefined}>
          {refused && (
            <p class="notice bad" role="alert" tabindex={-1} autofocus>
              {refused.problem.summary}
            </p>
          )}
          {!principal.emailVerified && <p class="soft">{view.text.account.verifyFirst}</p>}
          <PlanPanel visit={visit} account={account} />
          <AtStripe visit={visit} account={account} />
        </AccountFrame>
      );
    },
  });
}

/** What there is only with Stripe. */
function AtStripe({ visit, account }: { visit: Visit; account: Account }) {
  const text = visit.view.text.account.billing;
  const { wallet } = account;
  if (wallet === 'billing_not_configured') return <p class="notice">{text.notConfigured}</p>;
  if (wallet === 'service_unavailable') return <p class="notice">{text.noAnswer}</p>;
  return (
    <>
      <OfferPanel visit={visit} account={account} wallet={wallet} />
      <CreditPacks visit={visit} account={account} />
      <MethodPanel visit={visit} wallet={wallet} />
      <InvoicePanel view={visit.view} wallet={wallet} />
    </>
  );
}

function payerOf({ user }: Visit) {
  return { userId: user.id, realmId: user.realmId };
}

/** Leads to Stripe. A browser follows no redirect to a domain that the page did not name, and is shown a link. */
function toStripe(
  c: AppContext,
  { view }: Visit,
  url: string,
  wasDeclined = false,
): Response | Promise<Response> {
  if (!wasDeclined && STRIPE.includes(new URL(url).origin)) return c.redirect(url, 303);
  const text = view.text.account.billing;
  const said = wasDeclined
    ? { title: text.declinedTitle, text: text.declinedText, action: { href: url, label: text.payAnotherWay } }
    : { title: text.onwardTitle, text: text.onwardText, action: { href: url, label: text.onward } };
  return show(c, view, <MessagePage view={view} {...said} failed={wasDeclined} />, {
    status: wasDeclined ? 402 : 200,
  });
}
