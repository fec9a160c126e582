import type { Dashboard, TopUser } from '../admin/dashboard-service.ts';
import { Panel, Time } from './account-frame.tsx';
import { DayChart, numberOf, Share } from './admin-charts.tsx';
import { ADMIN_PAGES, AdminFrame, NumberHead, Table } from './admin-frame.tsx';
import { PlansPanel, ProvidersPanel } from './admin-overview-panels.tsx';
import { adminPage } from './admin-page.ts';
import type { AdminServices } from './admin-visit.ts';
import type { View } from './view.ts';

/** Days that the charts show. */
const DAYS = 30;
/** Models and users that are named. */
const NAMED = 8;

/** What operators look at first: numbers, charts, who is new and who uses most. */
export function overviewRoutes(services: AdminServices) {
  const { admin, analytics, oauth, planAdmin } = services;
  return adminPage(services, {
    path: ADMIN_PAGES.overview,
    render: async (_, visit) => {
      const { realmId, view } = visit;
      const text = view.text.admin.overview;
      const [board, { daily }, usage, tokens, plans] = await Promise.all([
        admin.statistics.dashboard(realmId),
        admin.statistics.statistics(realmId, DAYS),
        analytics.usage({ realmId }, DAYS),
        analytics.tokens({ realmId }, DAYS),
        planAdmin.list(realmId),
      ]);
      const tops = Object.entries(board.topUsers).filter(([, users]) => users.length > 0);
      const used = Object.keys(usage.totals);
      return (
        <AdminFrame visit={visit} page="overview">
          <Numbers view={view} board={board} />
          <PlansPanel view={view} users={board.users} revenue={board.revenue} plans={plans} />
          <ProvidersPanel view={view} users={board.users} providers={oauth.providers(realmId)} />
          <h2>{text.days(DAYS)}</h2>
          <div class="tiles">
            <DayChart
              view={view}
              title={text.signUps}
              days={daily.map(({ date, signUps: value }) => ({ date, value }))}
            />
            <DayChart
              view={view}
              title={text.signIns}
              days={daily.map(({ date, signIns: value }) => ({ date, value }))}
            />
            <DayChart
              view={view}
              title={text.activeUsers}
              days={daily.map(({ date, activeUsers: value }) => ({ date, value }))}
            />
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
                      <strong>{numberOf(view, user.quantity)}</strong>
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

function Numbers({ view, board }: { view: View; board: Dashboard }) {
  const text = view.text.admin.overview;
  const { users, today, activeSessions, usageToday } = board;
  const rate = new Intl.NumberFormat(view.language, { style: 'percent' }).format(
    users.total === 0 ? 0 : users.verified / users.total,
  );
  const shown: [label: string, value: string][] = [
    [text.users, numberOf(view, users.total)],
    [text.newToday, numberOf(view, today.signUps)],
    [text.activeToday, numberOf(view, today.activeUsers)],
    [text.signInsToday, numberOf(view, today.signIns)],
    [text.sessions, numberOf(view, activeSessions)],
    [text.verified, rate],
    [text.suspended, numberOf(view, users.byStatus.suspended ?? 0)],
    ...Object.entries(usageToday).map(([resource, used]): [string, string] => [
      text.usedToday(resource),
      numberOf(view, used),
    ]),
  ];
  return (
    <dl class="numbers">
      {shown.map(([label, value]) => (
        <div>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ModelUse {
  model: string;
  inputTokens: number;
  outputTokens: number;
  requests: number;
}

function Models({ view, models }: { view: View; models: ModelUse[] }) {
  const text = view.text.admin.overview;
  if (models.length === 0) return <p class="soft">{text.noModels}</p>;
  const sum = ({ inputTokens, outputTokens }: ModelUse) => inputTokens + outputTokens;
  const most = Math.max(...models.map(sum));
  return (
    <Table
      label={text.models}
      head={
        <>
          <th scope="col">{text.model}</th>
          <td />
          <NumberHead>{text.input}</NumberHead>
          <NumberHead>{text.output}</NumberHead>
          <NumberHead>{text.requests}</NumberHead>
        </>
      }
    >
      {models.map((model) => (
        <tr>
          <th scope="row">{model.model}</th>
          <td class="bar">
            <Share value={sum(model)} most={most} />
          </td>
          <td class="number">{numberOf(view, model.inputTokens)}</td>
          <td class="number">{numberOf(view, model.outputTokens)}</td>
          <td class="number">{numberOf(view, model.requests)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** A user by the name they go by, or by id when they are no more. */
function UserLink({ view, user }: { view: View; user: Omit<TopUser, 'quantity'> }) {
  const { userId, email, name, username } = user;
  if (email === null) return <span class="soft">{view.text.admin.overview.deleted}</span>;
  return (
    <div>
      <a href={view.link(`${ADMIN_PAGES.users}/${userId}`)}>{name ?? username ?? email}</a>
      {(name ?? username) !== null && <p class="soft">{email}</p>}
    </div>
  );
}
