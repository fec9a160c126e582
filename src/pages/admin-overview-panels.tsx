import type { Dashboard, UserNumbers } from '../admin/dashboard-service.ts';
import { moneyOf } from './account-format.ts';
import { Panel } from './account-frame.tsx';
import { numberOf, Share } from './admin-charts.tsx';
import { NumberHead, Table } from './admin-frame.tsx';
import type { View } from './view.ts';

type Revenue = Dashboard['revenue'];

/** What things are called, by their ids. */
type Named = { id: string; name: string }[];

/** How many users each plan has, and what its subscriptions bring in a month. */
export function PlansPanel(props: { view: View; users: UserNumbers; revenue: Revenue; plans: Named }) {
  const { view, users, revenue, plans } = props;
  const text = view.text.admin.overview;
  const ids = new Set([
    ...plans.map(({ id }) => id),
    ...Object.keys(users.byPlan),
    ...revenue.map(({ plan }) => plan),
  ]);
  return (
    <Panel id="plans" title={text.plans}>
      <Table
        label={text.plans}
        head={
          <>
            <th scope="col">{text.plan}</th>
            <NumberHead>{text.perMonth}</NumberHead>
            <NumberHead>{text.subscriptions}</NumberHead>
            <NumberHead>{text.users}</NumberHead>
          </>
        }
      >
        {[...ids].map((id) => (
          <PlanRow
            view={view}
            name={plans.find((plan) => plan.id === id)?.name ?? id}
            users={users.byPlan[id] ?? 0}
            revenue={revenue.filter(({ plan }) => plan === id)}
          />
        ))}
        {revenue.length > 0 && (
          <PlanRow view={view} name={text.allPlans} users={users.total} revenue={sumsOf(revenue)} />
        )}
      </Table>
      <p class="hint">{revenue.length > 0 ? text.revenueHint : text.noRevenue}</p>
    </Panel>
  );
}

function PlanRow(props: {
  view: View;
  name: string;
  users: number;
  revenue: Omit<Revenue[number], 'plan'>[];
}) {
  const { view, name, users, revenue } = props;
  const subscriptions = revenue.reduce((sum, one) => sum + one.subscriptions, 0);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">
        {revenue.length === 0 && '–'}
        {revenue.map(({ currency, monthlyAmount }) => (
          <div class="moment">{moneyOf(view, monthlyAmount, currency)}</div>
        ))}
      </td>
      <td class="number">{numberOf(view, subscriptions)}</td>
      <td class="number">{numberOf(view, users)}</td>
    </tr>
  );
}

/** All plans together: what is of one currency is added, and nothing else. */
function sumsOf(revenue: Revenue): Omit<Revenue[number], 'plan'>[] {
  return [...Map.groupBy(revenue, ({ currency }) => currency)].map(([currency, ofOne]) => ({
    currency,
    subscriptions: ofOne.reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    monthlyAmount: ofOne.reduce((sum, { monthlyAmount }) => sum + monthlyAmount, 0),
  }));
}

/** How many users can sign in by what, the commonest first. */
export function ProvidersPanel({
  view,
  users,
  providers,
}: {
  view: View;
  users: UserNumbers;
  providers: Named;
}) {
  const text = view.text.admin.overview;
  const names = new Map([
    ['password', text.password],
    ...providers.map(({ id, name }) => [id, name] as const),
  ]);
  const counts = Object.entries(users.byProvider).sort(([, a], [, b]) => b - a);
  return (
    <Panel id="providers" title={text.providers}>
      {counts.length === 0 && <p class="soft">{text.noProviders}</p>}
      {counts.length > 0 && (
        <Table
          label={text.providers}
          head={
            <>
              <th scope="col">{text.provider}</th>
              <NumberHead>{text.users}</NumberHead>
              <td />
            </>
          }
        >
          {counts.map(([provider, count]) => (
            <tr>
              <th scope="row">{names.get(provider) ?? provider}</th>
              <td class="number">{numberOf(view, count)}</td>
              <td class="bar">
                <Share value={count} most={users.total} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <p class="hint">{text.providersHint}</p>
    </Panel>
  );
}
