import {
  type Dashboard,
  type TopUser,
  type UserNumbers,
  verificationRate,
} from '../../admin/dashboard-service.ts';
import { needsHand } from '../../admin/service.ts';
import { countedTotal } from '../../http/paging.ts';
import { overviewMessages } from '../../languages/messages.ts';
import { type SinkHealth, sinkHealth } from '../../sinks/health.ts';
import { type DailyNumbers, DayBars, DayTable, Share } from '../kit/chart.tsx';
import { formatDayMonth, formatMoney, formatNumber, formatTime } from '../kit/format.ts';
import { pageRoutes } from '../kit/page.ts';
import { Alert, DescriptionList, Panel, Time } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { byPrice } from './plan-order.ts';
import { type AdminServices, adminArea } from './visit.ts';

/** Days that the charts show. */
const DAYS = 30;
/** The number of models and users that are named. */
const NAMED = 8;

/** The first page for operators: numbers, charts, the newest users, and those who use most. */
export function adminOverviewPageRoutes(services: AdminServices) {
  const { admin, analytics, auditFeed, billingAdmin, config, databases, oauth, planAdmin, webhooks } =
    services;
  return pageRoutes(adminArea(services), {
    path: ADMIN_PAGES.overview,
    render: async (_, visit) => {
      const { realmId, view } = visit;
      const text = overviewMessages[view.language];
      const [board, { daily }, usage, tokens, plans, prices, sink, ailing, dead, attention] =
        await Promise.all([
          admin.statistics.dashboard(realmId),
          admin.statistics.statistics(realmId, DAYS),
          analytics.usage({ realmId }, DAYS),
          analytics.tokens({ realmId }, DAYS),
          planAdmin.list(realmId),
          billingAdmin.prices(realmId),
          sinkHealth(auditFeed, databases),
          webhooks.ailing(realmId),
          admin.outbox.list(realmId, { status: 'dead' }, { after: null, limit: 1 }),
          needsHand(auditFeed.d1, realmId, Date.now()),
        ]);
      const tops = Object.entries(board.topUsers).filter(([, users]) => users.length > 0);
      const used = Object.keys(usage.totals);
      return (
        <AdminFrame visit={visit} page="overview">
          {sink && <EventSinkLine view={view} sink={sink} />}
          {ailing > 0 && (
            <Alert>
              <a href={view.link(ADMIN_PAGES.webhooks)}>{text.webhooksFail(formatNumber(view, ailing))}</a>
            </Alert>
          )}
          {dead.total > 0 && (
            <Alert>
              <a href={view.link(ADMIN_PAGES.mail, { status: 'dead' })}>
                {text.messagesDead(`${formatNumber(view, dead.total)}${dead.totalIsExact ? '' : '+'}`)}
              </a>
            </Alert>
          )}
          {attention.billing === 1 && (
            <Alert>
              <a href={view.link(ADMIN_PAGES.billing, { status: 'failed' })}>{text.billingFails}</a>
            </Alert>
          )}
          {attention.cron === 1 && <Alert>{text.cronLate}</Alert>}
          {attention.keys === 1 && <Alert>{text.keysDue}</Alert>}
          {attention.audit === 1 && <Alert>{text.auditFails}</Alert>}
          <Numbers view={view} board={board} />
          <div class="halves">
            <PlansPanel
              view={view}
              users={board.users}
              revenue={board.revenue}
              plans={byPrice(plans, prices)}
            />
            <ProvidersPanel view={view} users={board.users} providers={oauth.providers(view.realm)} />
          </div>
          <h2>{text.days(DAYS)}</h2>
          <p class="soft">{text.fresh(formatNumber(view, config.PROJECTION_SECONDS))}</p>
          <div class="tiles">
            {(['signUps', 'signIns', 'activeUsers'] as const).map((figure) => (
              <DayChart
                view={view}
                title={text[figure]}
                days={daily.map((day) => ({ date: day.date, value: day[figure] }))}
              />
            ))}
            {used.map((resource) => (
              <DayChart
                view={view}
                title={text.use(resource)}
                days={usage.daily.map((day) => ({ date: day.date, value: day.used[resource] ?? 0 }))}
              />
            ))}
          </div>
          <Panel id="models" title={text.models}>
            <Models view={view} models={tokens.models.slice(0, NAMED)} />
          </Panel>
          <div class="halves">
            <Panel id="recent" title={text.recent}>
              <ul class="rows">
                {board.recentUsers.slice(0, NAMED).map((user) => (
                  <li>
                    <UserLink view={view} user={{ ...user, userId: user.id }} />
                    <span class="soft">
                      <Time view={view} at={user.createdAt} />
                    </span>
                  </li>
                ))}
              </ul>
            </Panel>
            {tops.map(([resource, users]) => (
              <Panel id={`top-${resource}`} title={text.top(resource)}>
                <ol class="rows">
                  {users.slice(0, NAMED).map((user) => (
                    <li>
                      <UserLink view={view} user={user} />
                      <strong>{formatNumber(view, user.quantity)}</strong>
                    </li>
                  ))}
                </ol>
              </Panel>
            ))}
          </div>
        </AdminFrame>
      );
    },
  });
}

/** Where events go besides, and how far behind that is. */
function EventSinkLine({ view, sink }: { view: View; sink: SinkHealth }) {
  const text = overviewMessages[view.language];
  const { total, totalIsExact } = countedTotal(sink.waiting);
  const waiting = `${formatNumber(view, total)}${totalIsExact ? '' : '+'}`;
  const lost = sink.dropped > 0 ? ` ${text.sinkDropped(formatNumber(view, sink.dropped))}` : '';
  if (sink.failingSince === null) {
    return <p class="soft">{text.sinkWorks(sink.sink, waiting) + lost}</p>;
  }
  const { shown } = formatTime(view, sink.failingSince);
  return <Alert>{text.sinkFails(sink.sink, shown, sink.error ?? '', waiting) + lost}</Alert>;
}

/** A number by day, as bars and as a table. */
function DayChart({ view, title, days }: { view: View; title: string; days: DailyNumbers }) {
  const text = overviewMessages[view.language];
  const sum = days.reduce((all, { value }) => all + value, 0);
  const total = formatNumber(view, sum);
  const peak = Math.max(0, ...days.map(({ value }) => value));
  const most = formatNumber(view, peak);
  const [first, last] = [days[0], days.at(-1)];
  return (
    <figure class="panel chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="soft">{text.chartTotal(total)}</span>
      </figcaption>
      <DayBars view={view} days={days} size="large" label={text.chartSummary(title, total, most)} />
      <p class="axis" aria-hidden="true">
        <span>{first && formatDayMonth(view, first.date)}</span>
        <span>{text.chartMost(most)}</span>
        <span>{last && formatDayMonth(view, last.date)}</span>
      </p>
      <details>
        <summary>{text.asTable}</summary>
        <DayTable view={view} days={days} label={title} heading={title} />
      </details>
    </figure>
  );
}

function Numbers({ view, board }: { view: View; board: Dashboard }) {
  const text = overviewMessages[view.language];
  const { users, today, activeSessions, usageToday } = board;
  const rate = new Intl.NumberFormat(view.language, { style: 'percent' }).format(verificationRate(users));
  const shown: [label: string, value: string][] = [
    [text.users, formatNumber(view, users.total)],
    [text.newToday, formatNumber(view, today.signUps)],
    [text.activeToday, formatNumber(view, today.activeUsers)],
    [text.signInsToday, formatNumber(view, today.signIns)],
    [text.sessions, formatNumber(view, activeSessions)],
    [text.verified, rate],
    [text.secondFactors, formatNumber(view, users.secondFactors)],
    ...(users.anonymous > 0
      ? [[text.anonymous, formatNumber(view, users.anonymous)] as [string, string]]
      : []),
    [text.suspended, formatNumber(view, users.byStatus.suspended ?? 0)],
    ...Object.entries(usageToday).map(([resource, used]): [string, string] => [
      text.usedToday(resource),
      formatNumber(view, used),
    ]),
  ];
  return <DescriptionList look="numbers" entries={shown} />;
}

interface ModelUse {
  model: string;
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

function Models({ view, models }: { view: View; models: ModelUse[] }) {
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
function UserLink({ view, user }: { view: View; user: Omit<TopUser, 'quantity'> }) {
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
function PlansPanel(props: { view: View; users: UserNumbers; revenue: Revenue; plans: Named }) {
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
function ProvidersPanel({ view, users, providers }: { view: View; users: UserNumbers; providers: Named }) {
  const text = overviewMessages[view.language];
  const names = new Map([
    ['password', text.password],
    ['passkey', text.passkey],
    ...providers.map(({ id, name }) => [id, name] as const),
  ]);
  const counts = Object.entries(users.byProvider).sort(([, a], [, b]) => b - a);
  const rows = counts.map(([provider, count]) => (
    <tr>
      <th scope="row">{names.get(provider) ?? provider}</th>
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
