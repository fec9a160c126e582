import type { CreditStanding, CreditTransaction } from '../../account/metering-contract.ts';
import { TransactionQuery } from '../../credits/schemas.ts';
import { clientOf } from '../../http/context.ts';
import { spendingMessages, usageMessages } from '../../languages/messages.ts';
import { type DailyNumbers, DayBars, DayTable } from '../kit/chart.tsx';
import { formatDayMonth, formatNumber, resourceName } from '../kit/format.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Entries, Entry, Panel, Time } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { QuotaMeter } from './quota.tsx';
import { CreditSources, capsIn, SpendingPanel } from './spending.tsx';
import { type AccountServices, accountArea } from './visit.ts';

const DAYS = 30;
const PER_PAGE = 10;

/** What a user may use, has used, and has left. */
export function usagePageRoutes(services: AccountServices) {
  const { analytics, credits, plans, spendingCaps, usage } = services;
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.usage,
    forms: {
      spending: {
        verified: true,
        act: async (c, { principal, user }, values) => {
          const whose = { userId: user.id, realmId: user.realmId };
          const by = { sessionId: principal.sessionId, client: clientOf(c) };
          await spendingCaps.setOwn(whose, capsIn(values), by);
          return 'saved';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { user, view } = visit;
      const whose = { userId: user.id, realmId: user.realmId };
      // A cursor that was made up shows the newest.
      const cursor = TransactionQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
      const [subscription, { resources }, used, tokens, standing, ledger, report] = await Promise.all([
        plans.subscription(whose),
        usage.quotas(whose),
        analytics.usage({ userId: user.id }, DAYS),
        analytics.tokens({ userId: user.id }, DAYS),
        credits.standing(whose),
        credits.transactions(whose, { limit: PER_PAGE, cursor }),
        spendingCaps.report(whose),
      ]);
      const wasUsed = Object.keys(used.totals).filter((resource) => (used.totals[resource] ?? 0) > 0);
      const names = [...new Set([...Object.keys(resources), ...wasUsed])];
      const text = usageMessages[view.language];
      return (
        <AccountFrame visit={visit} page="usage" shown={shown}>
          <Panel id="plan" title={text.plan}>
            <p class="figure">
              <strong>{subscription.plan.name}</strong>
            </p>
            <p>
              <a href={view.link(ACCOUNT_PAGES.billing)}>{text.change}</a>
            </p>
          </Panel>
          <div class="panels">
            {names.map((resource) => (
              <Panel id={`resource-${resource}`} title={resourceName(view, resource)}>
                <QuotaMeter view={view} quota={resources[resource]} labelledby={`resource-${resource}`} />
                <UsageChart
                  view={view}
                  name={resourceName(view, resource)}
                  days={used.daily.map((day) => ({ date: day.date, value: day.used[resource] ?? 0 }))}
                />
              </Panel>
            ))}
          </div>
          <p class="soft">{text.late}</p>
          <ModelPanel view={view} models={tokens.models} />
          <SpendingPanel
            view={view}
            report={report}
            resources={Object.keys(resources)}
            refused={refusedIn(shown, 'spending')}
          />
          <CreditPanel view={view} standing={standing} ledger={ledger} isFirst={cursor === undefined} />
        </AccountFrame>
      );
    },
  });
}

/** The use of a resource by day, as bars and as a table. */
function UsageChart({ view, name, days }: { view: View; name: string; days: DailyNumbers }) {
  const text = usageMessages[view.language];
  const sum = days.reduce((all, { value }) => all + value, 0);
  const peak = days.reduce((most, day) => (day.value > most.value ? day : most), { date: '', value: 0 });
  if (peak.value === 0) return <p class="soft">{text.unused}</p>;
  const [first, last] = [days[0], days.at(-1)];
  const total = formatNumber(view, sum);
  const mostOn = text.chartText(total, formatNumber(view, peak.value), formatDayMonth(view, peak.date));
  return (
    <>
      <p class="caption">{text.lastDays(total)}</p>
      <DayBars view={view} days={days} label={`${text.chart(name)}. ${mostOn}`} />
      <p class="axis soft" aria-hidden="true">
        <span>{first && formatDayMonth(view, first.date)}</span>
        <span>{last && formatDayMonth(view, last.date)}</span>
      </p>
      <details>
        <summary>
          {text.numbers}
          <span class="hidden">: {name}</span>
        </summary>
        <DayTable view={view} days={days} label={text.numbersOf(name)} heading={text.quantity} />
      </details>
    </>
  );
}

type Models = Awaited<ReturnType<AccountServices['analytics']['tokens']>>['models'];

function ModelPanel({ view, models }: { view: View; models: Models }) {
  const text = usageMessages[view.language];
  const number = (count: number) => formatNumber(view, count);
  const entries = models.map(({ model, inputTokens, outputTokens, requests }) => {
    const tokens = inputTokens + outputTokens;
    return (
      <Entry
        name={model}
        about={[text.tokenParts(number(inputTokens), number(outputTokens), number(requests))]}
      >
        <p class="number">{text.tokens(tokens, number(tokens))}</p>
      </Entry>
    );
  });
  return (
    <Panel id="models" title={text.models}>
      {models.length > 0 && <p class="soft">{text.modelsText}</p>}
      <Entries look="rows ledger" entries={entries} none={text.noModels} />
    </Panel>
  );
}

function CreditPanel(props: {
  view: View;
  standing: CreditStanding;
  ledger: { rows: CreditTransaction[]; nextCursor: string | null };
  isFirst: boolean;
}) {
  const { view, standing, ledger, isFirst } = props;
  const text = usageMessages[view.language];
  return (
    <Panel id="credits" title={text.credits}>
      <p class="figure">
        <strong>{formatNumber(view, standing.balance)}</strong>
      </p>
      <CreditSources view={view} standing={standing} />
      <Entries
        look="rows ledger"
        entries={ledger.rows.map((row) => <TransactionEntry view={view} row={row} />)}
        none={text.noCredits}
      />
      <Pager
        view={view}
        label={text.credits}
        path={ACCOUNT_PAGES.usage}
        anchor="credits"
        isFirst={isFirst}
        next={ledger.nextCursor}
      />
    </Panel>
  );
}

function TransactionEntry({ view, row }: { view: View; row: CreditTransaction }) {
  const text = usageMessages[view.language];
  const about = [
    row.description,
    row.amount < 0 && row.sources.length > 0 && (
      <>
        {spendingMessages[view.language].from}:{' '}
        {row.sources.map(({ source }) => spendingMessages[view.language].sources[source]).join(', ')}
      </>
    ),
    <Time view={view} at={row.createdAt} />,
    row.expiresAt !== null && (
      <>
        {text.expires} <Time view={view} at={row.expiresAt} />
      </>
    ),
  ];
  return (
    <Entry name={text.types[row.type]} about={about}>
      <div>
        <p class="number">{formatNumber(view, row.amount, true)}</p>
        <p class="soft">{text.balanceAfter(formatNumber(view, row.balanceAfter))}</p>
      </div>
    </Entry>
  );
}
