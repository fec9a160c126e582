import type { Plan } from '../account/metering-contract.ts';
import type { PriceRow, SubscriptionRow } from '../billing/tables.ts';
import { DEFAULT_PLAN } from '../directory/state.ts';
import type { Account, Wallet } from './account-billing-data.ts';
import { methodName, numberOf, priceOf, resourceName } from './account-format.ts';
import { Panel, Time } from './account-frame.tsx';
import type { Visit } from './account-visit.ts';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

/** States in which the plan is there and paid for. */
const IN_ORDER = ['active', 'trialing'];

/** The plan, how it stands with paying for it, and the way out of it. */
export function PlanPanel({ visit, account }: { visit: Visit; account: Account }) {
  const { view } = visit;
  const { current, paid, offers, wallet } = account;
  const text = view.text.account.billing;
  const price = offers.find(({ priceId }) => priceId === paid?.priceId);
  const canChange = typeof wallet === 'object';
  return (
    <Panel id="plan" title={text.plan}>
      <p class="figure">
        <strong>{current.plan.name}</strong> {paid && <Status view={view} paid={paid} />}
      </p>
      {paid ? (
        <Paid view={view} paid={paid} price={price} account={account} />
      ) : (
        <p class="soft">
          <Given view={view} account={account} />
        </p>
      )}
      {paid && canChange && <EndOrResume visit={visit} paid={paid} />}
    </Panel>
  );
}

function Status({ view, paid }: { view: View; paid: SubscriptionRow }) {
  const text = view.text.account.billing;
  const inOrder = IN_ORDER.includes(paid.status);
  if (inOrder && endOf(paid) !== null) return <span class="badge">{text.ending}</span>;
  return (
    <span class={inOrder ? 'badge good' : 'badge bad'}>{text.statuses[paid.status] ?? paid.status}</span>
  );
}

/** A plan that nobody pays for. */
function Given({ view, account: { current } }: { view: View; account: Account }) {
  const text = view.text.account.billing;
  if (current.plan.id === DEFAULT_PLAN) return <>{text.free}</>;
  if (current.expiresAt === null) return <>{text.given}</>;
  return (
    <>
      {text.givenUntil} <Time view={view} at={current.expiresAt} day />
    </>
  );
}

function Paid(props: { view: View; paid: SubscriptionRow; price: PriceRow | undefined; account: Account }) {
  const { view, paid, price, account } = props;
  const { current, plans, wallet } = account;
  const text = view.text.account.billing;
  const name = paid.plan === current.plan.id ? '' : `${plans[paid.plan]?.name ?? paid.plan}: `;
  const says = sayOf(view, paid);
  const open =
    typeof wallet === 'object' ? wallet.invoices.find(({ status }) => status === 'open') : undefined;
  return (
    <>
      {price && <p>{name + priceOf(view, price)}</p>}
      {IN_ORDER.includes(paid.status) ? (
        <p class="soft">
          {says.text} <Time view={view} at={says.at} day />
        </p>
      ) : (
        <div class="notice bad">
          <p>
            {text.due}
            {paid.holdsUntil !== null && (
              <>
                {' '}
                {text.dueBy} <Time view={view} at={paid.holdsUntil} day />.
              </>
            )}
          </p>
          {open?.hostedUrl && (
            <p>
              <a class="button" href={open.hostedUrl}>
                {text.payInvoice}
              </a>
            </p>
          )}
        </div>
      )}
    </>
  );
}

/** What happens next, and when. */
function sayOf({ text }: View, paid: SubscriptionRow): { text: string; at: number } {
  const { ends, renews, trial } = text.account.billing;
  const end = endOf(paid);
  if (end !== null) return { text: ends, at: end };
  if (paid.status === 'trialing' && paid.trialEnd !== null) return { text: trial, at: paid.trialEnd };
  return { text: renews, at: paid.periodEnd };
}

/** When a subscription ends for good, if that is settled. */
function endOf({ cancelAt, cancelAtPeriodEnd, periodEnd }: SubscriptionRow): number | null {
  return cancelAt ?? (cancelAtPeriodEnd ? periodEnd : null);
}

function EndOrResume({ visit, paid }: { visit: Visit; paid: SubscriptionRow }) {
  const { principal, view } = visit;
  const text = view.text.account.billing;
  const disabled = !principal.emailVerified;
  if (paid.cancelAtPeriodEnd) {
    return (
      <Form view={view} button={text.resume} disabled={disabled}>
        <Hidden name="form" value="resume" />
        <Hidden name="price" value={paid.priceId} />
      </Form>
    );
  }
  // One that ends by another's hand ends.
  if (endOf(paid) !== null) return null;
  return (
    <Form view={view} button={text.end} look="danger" disabled={disabled}>
      <Hidden name="form" value="end" />
      <p class="hint">{text.endHint}</p>
    </Form>
  );
}

/** The plans that can be bought. */
export function OfferPanel(props: { visit: Visit; account: Account; wallet: Wallet }) {
  const { visit, account, wallet } = props;
  const { view } = visit;
  const { paid, plans } = account;
  const text = view.text.account.billing;
  const offers = account.offers.flatMap((price) => {
    const plan = price.plan === null ? undefined : plans[price.plan];
    return plan ? [{ price, plan }] : [];
  });
  if (offers.length === 0) return null;
  const method = wallet.methods.find(({ id }) => id === wallet.defaultId) ?? wallet.methods[0];
  const begins = method ? text.charged(methodName(view, method)) : text.chargedAtStripe;
  return (
    <Panel id="offers" title={text.offers}>
      <p class="soft">{paid && paid.status !== 'incomplete' ? text.difference : begins}</p>
      <ul class="rows">
        {offers.map(({ price, plan }) => (
          <Offer visit={visit} price={price} plan={plan} isCurrent={price.priceId === paid?.priceId} />
        ))}
      </ul>
    </Panel>
  );
}

function Offer(props: { visit: Visit; price: PriceRow; plan: Plan; isCurrent: boolean }) {
  const { visit, price, plan, isCurrent } = props;
  const { principal, view } = visit;
  const text = view.text.account.billing;
  const cost = priceOf(view, price);
  return (
    <li>
      <div>
        <p>
          <strong>{plan.name}</strong> {isCurrent && <span class="badge good">{text.current}</span>}
        </p>
        <p>{cost}</p>
        <p class="soft">{contentsOf(view, plan).join(' · ')}</p>
      </div>
      {!isCurrent && (
        <Form
          view={view}
          button={text.choose(plan.name)}
          buttonLabel={text.chooseFor(plan.name, cost)}
          look="plain"
          disabled={!principal.emailVerified}
        >
          <Hidden name="form" value="plan" />
          <Hidden name="price" value={price.priceId} />
        </Form>
      )}
    </li>
  );
}

/** What a plan brings, part by part. */
function contentsOf(view: View, { limits, monthlyCredits }: Plan): string[] {
  const text = view.text.account.billing;
  const parts = Object.entries(limits).flatMap(([resource, limit]) => {
    const name = resourceName(view, resource);
    const bounds = (['day', 'month'] as const).flatMap((period) => {
      const most = limit[period];
      return typeof most === 'number' ? [text.limits[period](name, numberOf(view, most))] : [];
    });
    return bounds.length > 0 ? bounds : [text.noLimit(name)];
  });
  return monthlyCredits > 0 ? [...parts, text.monthlyCredits(numberOf(view, monthlyCredits))] : parts;
}
