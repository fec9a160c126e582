import type { Child } from 'hono/jsx';
import { type RealmOverview, verificationRate } from '../../admin/dashboard-service.ts';
import { type Attention, needsHand } from '../../admin/service.ts';
import { countedTotal } from '../../http/paging.ts';
import { kitMessages, overviewMessages } from '../../languages/messages.ts';
import { localized } from '../../lib/localized.ts';
import { type SinkHealth, sinkHealth } from '../../sinks/health.ts';
import { formatNumber, formatTime } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes } from '../kit/page.ts';
import { DescriptionList, Panel, Time } from '../kit/panel.tsx';
import { Segments } from '../kit/table.tsx';
import { Change, Sparkline, TrendChart, TrendTable } from '../kit/trend-chart.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import {
  daysRead,
  type Figure,
  figuresOf,
  RANGE_NAMES,
  type RangeName,
  rangeOf,
} from './overview-figures.ts';
import { Models, PlansPanel, ProvidersPanel, UserLink } from './overview-panels.tsx';
import { byPrice } from './plan-order.ts';
import { type AdminServices, adminArea } from './visit.ts';

/** Figures that stand first. */
const FIRST = 4;
/** Models and users that are named. */
const NAMED = 5;

/** The first page for operators: what needs a hand, four figures, a chart, and the rest below. */
export function adminOverviewPageRoutes(services: AdminServices) {
  const { admin, analytics, auditFeed, billingAdmin, config, databases, oauth, planAdmin, webhooks } =
    services;
  return pageRoutes(adminArea(services), {
    path: ADMIN_PAGES.overview,
    render: async (c, visit) => {
      const { realmId, view } = visit;
      const text = overviewMessages[view.language];
      const range = rangeOf(c.req.query('range'));
      const asked = c.req.query('figure') ?? '';
      // Those who use most are named of what the chart shows.
      const resource = config.RESOURCES.find((one) => asked === `use.${one}`) ?? config.RESOURCES[0];
      const [board, tokens, plans, prices, sink, ailing, dead, attention] = await Promise.all([
        admin.statistics.overview(realmId, daysRead(range), resource === undefined ? [] : [resource]),
        analytics.tokens({ realmId }, daysRead(range) / 2),
        planAdmin.list(realmId),
        billingAdmin.prices(realmId),
        sinkHealth(auditFeed, databases),
        webhooks.ailing(realmId),
        admin.outbox.list(realmId, { status: 'dead' }, { after: null, limit: 1 }),
        needsHand(auditFeed.d1, realmId, Date.now()),
      ]);
      const figures = figuresOf(view, range, board);
      const shown = figures.find(({ id }) => id === asked) ?? (figures[0] as Figure);
      const leads = (figure: string, over: RangeName = range) =>
        view.link(ADMIN_PAGES.overview, { range: over, figure });
      const cards = (some: Figure[]) =>
        some.map((figure) => (
          <FigureCard view={view} figure={figure} href={leads(figure.id)} isCurrent={figure === shown} />
        ));
      const tops = Object.entries(board.topUsers).filter(([, users]) => users.length > 0);
      return (
        <AdminFrame
          visit={visit}
          page="overview"
          act={
            <Segments
              label={text.range}
              choices={RANGE_NAMES.map((name) => ({
                href: leads(shown.id, name),
                name: text.ranges[name],
                isCurrent: name === range,
              }))}
            />
          }
        >
          <AttentionList view={view} sink={sink} ailing={ailing} dead={dead} attention={attention} />
          <ul class="figures" aria-label={text.figures}>
            {cards(figures.slice(0, FIRST))}
          </ul>
          <Trend view={view} figure={shown} />
          {figures.length > FIRST && (
            <ul class="figures" aria-label={text.used}>
              {cards(figures.slice(FIRST))}
            </ul>
          )}
          <div class="thirds">
            <PlansPanel
              view={view}
              users={board.users}
              revenue={board.revenue}
              plans={byPrice(plans, prices)}
            />
            <Panel id="now" title={text.now}>
              <Now view={view} board={board} />
            </Panel>
            <ProvidersPanel view={view} users={board.users} providers={oauth.providers(view.realm)} />
            <Panel id="recent" title={text.recent}>
              <ul class="rows">
                {board.recentUsers.slice(0, NAMED).map((user) => (
                  <li>
                    <UserLink view={view} user={{ ...user, userId: user.id }} />
                    <span class="soft">
                      <Time view={view} at={user.createdAt} ago />
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
            <Panel id="models" title={text.models}>
              <Models view={view} models={tokens.models.slice(0, NAMED)} />
            </Panel>
          </div>
          <p class="soft">{text.fresh(formatNumber(view, config.PROJECTION_SECONDS))}</p>
          {sink && sink.failingSince === null && <p class="soft">{sinkText(view, sink)}</p>}
        </AdminFrame>
      );
    },
  });
}

/** What does not go on by itself, each with where to mend it. */
function AttentionList(props: {
  view: View;
  sink: SinkHealth | null;
  ailing: number;
  dead: { total: number; totalIsExact: boolean };
  attention: Attention;
}) {
  const { view, sink, ailing, dead, attention } = props;
  const text = overviewMessages[view.language];
  const link = (href: string, said: string) => <a href={href}>{said}</a>;
  const failed = { status: 'failed' };
  const said: Child[] = [
    sink && sink.failingSince !== null && sinkText(view, sink),
    ailing > 0 && link(view.link(ADMIN_PAGES.webhooks), text.webhooksFail(formatNumber(view, ailing))),
    dead.total > 0 &&
      link(
        view.link(ADMIN_PAGES.mail, { status: 'dead' }),
        text.messagesDead(`${formatNumber(view, dead.total)}${dead.totalIsExact ? '' : '+'}`),
      ),
    attention.billing === 1 && link(view.link(ADMIN_PAGES.billing, failed), text.billingFails),
    attention.cron === 1 && text.cronLate,
    attention.keys === 1 && text.keysDue,
    attention.audit === 1 && text.auditFails,
  ].filter(Boolean);
  if (said.length === 0) return null;
  return (
    <section class="attention" aria-label={text.attention}>
      <ul>
        {said.map((one) => (
          <li>
            <Icon name="triangle-alert" />
            <span>{one}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Where events go besides, and how far behind that is. */
function sinkText(view: View, { sink, waiting, dropped, failingSince, error }: SinkHealth): string {
  const text = overviewMessages[view.language];
  const { total, totalIsExact } = countedTotal(waiting);
  const left = `${formatNumber(view, total)}${totalIsExact ? '' : '+'}`;
  const lost = dropped > 0 ? ` ${text.sinkDropped(formatNumber(view, dropped))}` : '';
  const said =
    failingSince === null
      ? text.sinkWorks(sink, left)
      : text.sinkFails(sink, formatTime(view, failingSince).shown, error ?? '', left);
  return said + lost;
}

/** A figure and how it changed, which leads to its chart. */
function FigureCard(props: { view: View; figure: Figure; href: string; isCurrent: boolean }) {
  const { view, figure, href, isCurrent } = props;
  return (
    <li>
      <a href={href} aria-current={isCurrent ? 'true' : undefined}>
        <span class="soft">{figure.title}</span>
        <span class="figure">
          <strong>{formatNumber(view, figure.total)}</strong>
          <Change view={view} value={figure.total} before={figure.before} />
        </span>
        <Sparkline values={figure.points.map(({ value }) => value)} />
      </a>
    </li>
  );
}

/** The chart of a figure, with its numbers. */
function Trend({ view, figure: { title, total, before, points } }: { view: View; figure: Figure }) {
  const text = overviewMessages[view.language];
  const sum = formatNumber(view, total);
  return (
    <figure class="panel chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="soft">{`${sum} · ${kitMessages[view.language].before(formatNumber(view, before))}`}</span>
      </figcaption>
      <TrendChart view={view} points={points} label={text.trend(title, sum)} />
      <details>
        <summary>{text.asTable}</summary>
        <TrendTable view={view} points={points} label={title} heading={title} />
      </details>
    </figure>
  );
}

/** How the realm is at the moment. */
function Now({ view, board: { users, activeSessions } }: { view: View; board: RealmOverview }) {
  const text = overviewMessages[view.language];
  const rate = localized(Intl.NumberFormat, view.language, { style: 'percent' }).format(
    verificationRate(users),
  );
  const number = (count: number) => formatNumber(view, count);
  const shown: [label: string, value: string][] = [
    [text.users, number(users.total)],
    [text.sessions, number(activeSessions)],
    [text.verified, rate],
    [text.secondFactors, number(users.secondFactors)],
    ...(users.anonymous > 0 ? [[text.anonymous, number(users.anonymous)] as [string, string]] : []),
    [text.suspended, number(users.byStatus.suspended ?? 0)],
  ];
  return <DescriptionList look="about" entries={shown} />;
}
