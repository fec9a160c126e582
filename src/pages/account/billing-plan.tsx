import type { Child } from 'hono/jsx';
import type { Plan } from '../../account/metering-contract.ts';
import type { PriceRow, SubscriptionRow } from '../../billing/tables.ts';
import { billingMessages } from '../../languages/messages.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { formatMoney, formatNumber, methodName, priceText, resourceName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Badge, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import type { BillingState, Wallet } from './billing-data.ts';

/** The statuses of a subscription that is paid for. */
const IN_ORDER = ['active', 'trialing'];

/** The plan of a user, the state of its payment, and the forms that end or keep it. */
export function CurrentPlanPanel(props: { visit: Visit; state: BillingState; shown: Shown }) {
  const { visit, state, shown } = props;
  const { view } = visit;
  const { current, paid, offers, wallet } = state;
  const text = billingMessages[view.language];
  const price = offers.find(({ priceId }) => priceId === paid?.priceId);
  const canChange = typeof wallet === 'object' && state.mayChange;
  return (
    <Panel id="plan" title={state.seats ? text.planOfOrganization : text.plan}>
      <p class="figure">
        <strong>{current.plan.name}</strong> {paid && <SubscriptionBadge view={view} paid={paid} />}
      </p>
      {paid ? (
        <Paid view={view} paid={paid} price={price} state={state} />
      ) : (
        <p class="soft">
          <Given view={view} state={state} />
        </p>
      )}
      {state.seats && <p class="soft">{seatsText(view, state.seats)}</p>}
      {paid?.seats === 'paid' && canChange && <SeatsForm visit={visit} paid={paid} shown={shown} />}
      {paid && canChange && <EndOrResume visit={visit} paid={paid} />}
    </Panel>
  );
}

/** What a price costs: of an organization that pays by seat each of them, and how many there are. */
function costOf(view: View, price: PriceRow, { seats }: BillingState, quantity?: number): string {
  const text = billingMessages[view.language];
  const cost = priceText(view, price);
  if (!seats || price.seats === null) return cost;
  return quantity === undefined ? text.perSeat(cost) : text.forSeats(cost, formatNumber(view, quantity));
}

function seatsText(view: View, { members, paid }: { members: number; paid: number | null }): string {
  const text = billingMessages[view.language];
  const count = formatNumber(view, members);
  return paid === null ? text.members(count) : text.membersOf(count, formatNumber(view, paid));
}

/** Buys more seats, or gives some back. */
function SeatsForm({ visit, paid, shown }: { visit: Visit; paid: SubscriptionRow; shown: Shown }) {
  const { principal, view } = visit;
  const text = billingMessages[view.language];
  const refused = refusedIn(shown, 'seats');
  const field = fieldsOf(refused, { seats: paid.quantity });
  return (
    <Form
      view={view}
      name="seats"
      hidden={{ price: paid.priceId }}
      problem={refused?.problem}
      button={text.changeSeats}
      look="plain"
      disabled={!principal.emailVerified}
    >
      <Field {...field('seats')} label={text.seats} hint={text.seatsHint} inputmode="numeric" required />
    </Form>
  );
}

function SubscriptionBadge({ view, paid }: { view: View; paid: SubscriptionRow }) {
  const text = billingMessages[view.language];
  const inOrder = IN_ORDER.includes(paid.status);
  if (inOrder && endOf(paid) !== null) return <Badge>{text.ending}</Badge>;
  return <Badge look={inOrder ? 'good' : 'bad'}>{text.statuses[paid.status] ?? paid.status}</Badge>;
}

/** A plan that nobody pays for. */
function Given({ view, state: { current, free } }: { view: View; state: BillingState }) {
  const text = billingMessages[view.language];
  if (current.plan.id === free) return <>{text.free}</>;
  if (current.expiresAt === null) return <>{text.given}</>;
  return (
    <>
      {text.givenUntil} <Time view={view} at={current.expiresAt} day />
    </>
  );
}

function Paid(props: {
  view: View;
  paid: SubscriptionRow;
  price: PriceRow | undefined;
  state: BillingState;
}) {
  const { view, paid, price, state } = props;
  const { current, plans, wallet } = state;
  const text = billingMessages[view.language];
  const name = paid.plan === current.plan.id ? '' : `${plans[paid.plan]?.name ?? paid.plan}: `;
  const says = nextStepOf(view, paid);
  const open =
    typeof wallet === 'object' ? wallet.invoices.find(({ status }) => status === 'open') : undefined;
  return (
    <>
      {price && <p>{name + costOf(view, price, state, paid.quantity)}</p>}
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

/** What happens to a subscription next, and when. */
function nextStepOf({ language }: View, paid: SubscriptionRow): { text: string; at: number } {
  const { ends, renews, trial } = billingMessages[language];
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
  const text = billingMessages[view.language];
  const disabled = !principal.emailVerified;
  if (endOf(paid) !== null) {
    return (
      <Form
        view={view}
        name="resume"
        hidden={{ price: paid.priceId }}
        button={text.resume}
        disabled={disabled}
      />
    );
  }
  return (
    <Form view={view} name="end" button={text.end} look="danger" disabled={disabled}>
      <p class="hint">{text.endHint}</p>
    </Form>
  );
}

/** The plans that can be bought, side by side, the cheapest first; and the one that nobody pays for. */
export function OfferPanel(props: { visit: Visit; state: BillingState; wallet: Wallet }) {
  const { visit, state, wallet } = props;
  const { view } = visit;
  const { current, paid, plans } = state;
  const text = billingMessages[view.language];
  // The least that a plan costs in a month.
  const costs = ({ id }: Plan) => Math.min(...state.offers.filter(({ plan }) => plan === id).map(monthly));
  const offers = state.offers
    .flatMap((price) => {
      const plan = price.plan === null ? undefined : plans[price.plan];
      return plan ? [{ price, plan }] : [];
    })
    .sort(
      (one, other) =>
        costs(one.plan) - costs(other.plan) || (one.price.months ?? 0) - (other.price.months ?? 0),
    );
  if (offers.length === 0) return null;
  const method = wallet.methods.find(({ id }) => id === wallet.defaultId) ?? wallet.methods[0];
  const begins = method ? text.charged(methodName(view, method)) : text.chargedAtStripe;
  const free = plans[state.free];
  const currency = currencyOf(state);
  const shown = offers.filter(({ price }) => price.currency === currency);
  const both = new Set(shown.filter(({ plan }) => isByMonthAndYear(shown, plan)).map(({ plan }) => plan.id));
  const isYearly = shown.some(({ price }) => price.priceId === paid?.priceId && price.months === YEAR);
  return (
    <Panel id="offers" title={text.offers}>
      <p class="soft">{paid && paid.status !== 'incomplete' ? text.difference : begins}</p>
      {both.size > 0 && <PeriodSwitch view={view} isYearly={isYearly} saved={mostSaved(shown)} />}
      <ul class="plans">
        {free && (
          <PlanCard
            view={view}
            plan={free}
            cost={formatMoney(view, 0, currency)}
            isCurrent={!paid && current.plan.id === free.id}
          />
        )}
        {shown.map(({ price, plan }) => (
          <Offer
            visit={visit}
            price={price}
            plan={plan}
            cost={costOf(view, price, state)}
            period={both.has(plan.id) ? periodOf(price) : undefined}
            isCurrent={price.priceId === paid?.priceId}
          />
        ))}
      </ul>
    </Panel>
  );
}

/** The one currency in which plans are shown: that in which the user pays, or else that of most prices. */
function currencyOf({ offers, paid }: BillingState): string {
  const own = offers.find(({ priceId }) => priceId === paid?.priceId)?.currency;
  const counts = [...Map.groupBy(offers, ({ currency }) => currency)].sort(
    (a, b) => b[1].length - a[1].length,
  );
  return own ?? counts[0]?.[0] ?? 'usd';
}

const MONTH = 1;
const YEAR = 12;

/** What a price is chosen by; nothing for one of another period, which always stands there. */
function periodOf({ months }: PriceRow): 'month' | 'year' | undefined {
  return months === MONTH ? 'month' : months === YEAR ? 'year' : undefined;
}

/** Whether a plan can be paid by the month and by the year, so that one of both is enough to see. */
function isByMonthAndYear(offers: { price: PriceRow; plan: Plan }[], { id }: Plan): boolean {
  const months = offers.filter(({ plan }) => plan.id === id).map(({ price }) => price.months);
  return months.includes(MONTH) && months.includes(YEAR);
}

/** The most that paying by the year saves of a plan, in whole per cent. */
function mostSaved(offers: { price: PriceRow; plan: Plan }[]): number {
  const saved = offers.flatMap(({ price, plan }) => {
    const by = offers.find((other) => other.plan.id === plan.id && other.price.months === MONTH)?.price;
    if (price.months !== YEAR || !by?.unitAmount || price.unitAmount === null) return [];
    return [Math.floor(100 * (1 - price.unitAmount / (YEAR * by.unitAmount)))];
  });
  return Math.max(0, ...saved);
}

/** Chooses whether prices by the month or by the year are seen: the stylesheet shows them. */
function PeriodSwitch({ view, isYearly, saved }: { view: View; isYearly: boolean; saved: number }) {
  const text = billingMessages[view.language];
  return (
    <fieldset class="segments">
      <legend class="hidden">{text.period}</legend>
      <label>
        <input type="radio" name="period" value="month" checked={!isYearly} autocomplete="off" />
        {text.monthly}
      </label>
      <label>
        <input type="radio" name="period" value="year" checked={isYearly} autocomplete="off" />
        {text.yearly}
        {saved > 0 && <Badge look="good">{text.saves(formatNumber(view, saved))}</Badge>}
      </label>
    </fieldset>
  );
}

function monthly({ unitAmount, months }: PriceRow): number {
  return unitAmount === null ? Number.POSITIVE_INFINITY : unitAmount / (months ?? 1);
}

function Offer(props: {
  visit: Visit;
  price: PriceRow;
  plan: Plan;
  cost: string;
  period: 'month' | 'year' | undefined;
  isCurrent: boolean;
}) {
  const { visit, price, plan, cost, period, isCurrent } = props;
  const { principal, view } = visit;
  const text = billingMessages[view.language];
  return (
    <PlanCard view={view} plan={plan} cost={cost} period={period} isCurrent={isCurrent}>
      <Form
        view={view}
        name="plan"
        hidden={{ price: price.priceId }}
        button={text.choose(plan.name)}
        buttonLabel={text.chooseFor(plan.name, cost)}
        look="plain"
        disabled={!principal.emailVerified}
      />
    </PlanCard>
  );
}

/** A plan: what it is called, costs and contains, and how it is chosen by who has another. */
function PlanCard(props: {
  view: View;
  plan: Plan;
  cost: string;
  period?: 'month' | 'year' | undefined;
  isCurrent: boolean;
  children?: Child;
}) {
  const { view, plan, cost, period, isCurrent, children } = props;
  const text = billingMessages[view.language];
  return (
    <li class={isCurrent ? 'current' : undefined} data-period={period}>
      <p>
        <strong>{plan.name}</strong> {isCurrent && <Badge look="good">{text.current}</Badge>}
      </p>
      <p class="cost">{cost}</p>
      <ul>
        {contentsOf(view, plan).map((part) => (
          <li>
            <Icon name="check" />
            {part}
          </li>
        ))}
      </ul>
      {!isCurrent && children}
    </li>
  );
}

/** What a plan contains, part by part. */
function contentsOf(view: View, { limits, monthlyCredits }: Plan): string[] {
  const text = billingMessages[view.language];
  const parts = Object.entries(limits).flatMap(([resource, limit]) => {
    const name = resourceName(view, resource);
    const bounds = (['day', 'month'] as const).flatMap((period) => {
      const most = limit[period];
      return typeof most === 'number' ? [text.limits[period](name, formatNumber(view, most))] : [];
    });
    return bounds.length > 0 ? bounds : [text.noLimit(name)];
  });
  return monthlyCredits > 0
    ? [...parts, text.monthlyCredits(monthlyCredits, formatNumber(view, monthlyCredits))]
    : parts;
}
