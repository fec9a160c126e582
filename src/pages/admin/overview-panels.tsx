import type { Dashboard, TopUser, UserNumbers } from '../../admin/dashboard-service.ts';
import { overviewMessages } from '../../languages/messages.ts';
import { Share } from '../kit/chart.tsx';
import { formatMoney, formatNumber } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES } from './frame.tsx';

interface ModelUse {
  model: string;
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

/** How many tokens each model had. */
export function Models({ view, models }: { view: View; models: ModelUse[] }) {
  const text = overviewMessages[view.language];
  if (models.length === 0) return <p class="soft">{text.noModels}</p>;
  const sum = ({ inputTokens, outputTokens }: ModelUse) => inputTokens + outputTokens;
  const most = Math.max(...models.map(sum));
  const rows = models.map((model) => (
    <tr>
      <th scope="row">{model.model}</th>
      <td class="bar">
        <Share value={sum(model)} most={most} />
      </td>
      <td class="number">{formatNumber(view, model.inputTokens)}</td>
      <td class="number">{formatNumber(view, model.outputTokens)}</td>
      <td class="number">{formatNumber(view, model.requests)}</td>
    </tr>
  ));
  const numbers = [{ number: text.input }, { number: text.output }, { number: text.requests }];
  return <Table label={text.models} columns={[text.model, null, ...numbers]} rows={rows} />;
}

/** A link to a user by their name, or a text for one who was deleted. */
export function UserLink({ view, user }: { view: View; user: Omit<TopUser, 'quantity'> }) {
  const { userId, email, name, username } = user;
  if (email === null) return <span class="soft">{overviewMessages[view.language].deleted}</span>;
  return (
    <div>
      <a href={view.link(`${ADMIN_PAGES.users}/${userId}`)}>{name ?? username ?? email}</a>
      {(name ?? username) !== null && <p class="soft">{email}</p>}
    </div>
  );
}

type Revenue = Dashboard['revenue'];

/** Things by id, with their names. */
type Named = { id: string; name: string }[];

/** How many users each plan has, and what its subscriptions bring in a month. */
export function PlansPanel(props: { view: View; users: UserNumbers; revenue: Revenue; plans: Named }) {
  const { view, users, revenue, plans } = props;
  const text = overviewMessages[view.language];
  const ids = new Set([
    ...plans.map(({ id }) => id),
    ...Object.keys(users.byPlan),
    ...revenue.map(({ plan }) => plan),
  ]);
  const rows = [...ids].map((id) => (
    <PlanRow
      view={view}
      name={plans.find((plan) => plan.id === id)?.name ?? id}
      users={users.byPlan[id] ?? 0}
      revenue={revenue.filter(({ plan }) => plan === id)}
    />
  ));
  if (revenue.length > 0) {
    rows.push(<PlanRow view={view} name={text.allPlans} users={users.total} revenue={sumsOf(revenue)} />);
  }
  return (
    <Panel id="plans" title={text.plans}>
      <Table
        label={text.plans}
        columns={[
          text.plan,
          { number: text.perMonth },
          { number: text.subscriptions },
          { number: text.users },
        ]}
        rows={rows}
      />
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
          <div class="moment">{formatMoney(view, monthlyAmount, currency)}</div>
        ))}
      </td>
      <td class="number">{formatNumber(view, subscriptions)}</td>
      <td class="number">{formatNumber(view, users)}</td>
    </tr>
  );
}

/** The sums over all plans, one a currency. */
function sumsOf(revenue: Revenue): Omit<Revenue[number], 'plan'>[] {
  return [...Map.groupBy(revenue, ({ currency }) => currency)].map(([currency, ofOne]) => ({
    currency,
    subscriptions: ofOne.reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    monthlyAmount: ofOne.reduce((sum, { monthlyAmount }) => sum + monthlyAmount, 0),
  }));
}

/** How many users have each way to sign in, the commonest first. */
export function ProvidersPanel({
  view,
  users,
  providers,
}: {
  view: View;
  users: UserNumbers;
  providers: Named;
}) {
  const text = overviewMessages[view.language];
  const names = new Map([
    ['password', text.password],
    ['passkey', text.passkey],
    ...providers.map(({ id, name }) => [id, name] as const),
  ]);
  const counts = Object.entries(users.byProvider).sort(([, a], [, b]) => b - a);
  const rows = counts.map(([provider, count]) => (
    <tr>
      <th scope="row">{names.get(provider) ?? provider.charAt(0).toUpperCase() + provider.slice(1)}</th>
      <td class="number">{formatNumber(view, count)}</td>
      <td class="bar">
        <Share value={count} most={users.total} />
      </td>
    </tr>
  ));
  return (
    <Panel id="providers" title={text.providers}>
      {counts.length === 0 && <p class="soft">{text.noProviders}</p>}
      {counts.length > 0 && (
        <Table label={text.providers} columns={[text.provider, { number: text.users }, null]} rows={rows} />
      )}
      <p class="hint">{text.providersHint}</p>
    </Panel>
  );
}
