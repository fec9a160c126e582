import { DEFAULT_PLAN } from '../../directory/state.ts';
import { billingMessages } from '../../languages/messages.ts';
import { pageRoutes, type Shown } from '../kit/page.ts';
import { Alert } from '../kit/panel.tsx';
import type { Visit } from '../kit/visit.ts';
import { type BillingState, billingState } from './billing-data.ts';
import { billingForms, STRIPE } from './billing-forms.tsx';
import { CreditPacks, InvoicePanel, MethodPanel } from './billing-panels.tsx';
import { CurrentPlanPanel, OfferPanel } from './billing-plan.tsx';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { TopUpPanel } from './top-up-panel.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** The plan of a user and what they pay for it, payment methods, and invoices. */
export function billingPageRoutes(services: AccountServices) {
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.billing,
    messages: billingMessages,
    leadsTo: async () => STRIPE,
    forms: billingForms(
      services.billing,
      async (_, { user }) => ({ payerId: user.id, realmId: user.realmId }),
      DEFAULT_PLAN,
    ),
    render: async (_, visit, shown) => {
      const state = await billingState(services, visit);
      const { principal } = visit;
      const { refused } = shown;
      return (
        <AccountFrame visit={visit} page="billing" shown={shown}>
          {refused && <Alert isFocused>{refused.problem.summary}</Alert>}
          {!principal.emailVerified && <p class="soft">{addressNeeded(visit)}</p>}
          <CurrentPlanPanel visit={visit} state={state} shown={shown} />
          <StripePanels visit={visit} state={state} shown={shown} />
        </AccountFrame>
      );
    },
  });
}

/** What there is only with Stripe. */
export function StripePanels(props: { visit: Visit; state: BillingState; shown: Shown }) {
  const { visit, state, shown } = props;
  const text = billingMessages[visit.view.language];
  const { wallet } = state;
  if (wallet === 'billing_not_configured') return <p class="notice">{text.notConfigured}</p>;
  if (wallet === 'service_unavailable') return <p class="notice">{text.noAnswer}</p>;
  const invoices = <InvoicePanel view={visit.view} wallet={wallet} />;
  if (!state.mayChange) return invoices;
  return (
    <>
      <OfferPanel visit={visit} state={state} wallet={wallet} />
      <CreditPacks visit={visit} state={state} />
      <TopUpPanel visit={visit} state={state} shown={shown} />
      <MethodPanel visit={visit} wallet={wallet} />
      {invoices}
    </>
  );
}
