import type { CreditTransaction } from '../account/metering-contract.ts';
import { TransactionQuery } from '../credits/schemas.ts';
import { numberOf } from './account-format.ts';
import { ACCOUNT_PAGES, AccountFrame, Panel, Time } from './account-frame.tsx';
import { accountPage } from './account-page.tsx';
import type { AccountServices } from './account-visit.ts';
import { ResourcePanel } from './usage-chart.tsx';
import type { View } from './view.ts';

const DAYS = 30;
const PER_PAGE = 10;

/** What a user may use, has used, and has left. */
export function usagePageRoutes(services: AccountServices) {
  const { analytics, credits, plans, usage } = services;
  return accountPage(services, {
    path: ACCOUNT_PAGES.usage,
    render: async (c, visit) => {
      const { user, view } = visit;
      const whose = { userId: user.id, realmId: user.realmId };
      // A cursor that was made up shows the newest.
      const cursor = TransactionQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
      const [subscription, { resources }, used, tokens, balance, ledger] = await Promise.all([
        plans.subscription(whose),
        usage.quotas(whose),
        analytics.usage({ userId: user.id }, DAYS),
        analytics.tokens({ userId: user.id }, DAYS),
        credits.balance(whose),
        credits.transactions(whose, { limit: PER_PAGE, cursor }),
      ]);
      const wasUsed = Object.keys(used.totals).filter((resource) => (used.totals[resource] ?? 0) > 0);
      const names = [...new Set([...Object.keys(resources), ...wasUsed])];
      const text = view.text.account.usage;
      return (
        <AccountFrame visit={visit} page="usage">
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
              <ResourcePanel
                view={view}
                resource={resource}
                quota={resources[resource]}
                days={used.daily.map((day) => ({ date: day.date, quantity: day.used[resource] ?? 0 }))}
              />
            ))}
          </div>
          <p class="soft">{text.late}</p>
          <ModelPanel view={view} models={tokens.models} />
          <CreditPanel view={view} balance={balance} ledger={ledger} isOlder={cursor !== undefined} />
        </AccountFrame>
      );
    },
  });
}

type Models = Awaited<ReturnType<AccountServices['analytics']['tokens']>>['models'];

function ModelPanel({ view, models }: { view: View; models: Models }) {
  const text = view.text.account.usage;
  const number = (count: number) => numberOf(view, count);
  return (
    <Panel id="models" title={text.models}>
      <p class="soft">{models.length > 0 ? text.modelsText : text.noModels}</p>
      {models.length > 0 && (
        <ul class="rows ledger">
          {models.map(({ model, inputTokens, outputTokens, requests }) => (
            <li>
              <div>
                <p>
                  <strong>{model}</strong>
                </p>
                <p class="soft">
                  {text.tokenParts(number(inputTokens), number(outputTokens), number(requests))}
                </p>
              </div>
              <p class="number">{text.tokens(number(inputTokens + outputTokens))}</p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function CreditPanel(props: {
  view: View;
  balance: number;
  ledger: { rows: CreditTransaction[]; nextCursor: string | null };
  isOlder: boolean;
}) {
  const { view, balance, ledger, isOlder } = props;
  const { rows, nextCursor } = ledger;
  const text = view.text.account.usage;
  const pageAt = (query?: Record<string, string>) => `${view.link(ACCOUNT_PAGES.usage, query)}#credits`;
  return (
    <Panel id="credits" title={text.credits}>
      <p class="figure">
        <strong>{numberOf(view, balance)}</strong>
      </p>
      {rows.length > 0 ? (
        <ul class="rows ledger">
          {rows.map((row) => (
            <Entry view={view} row={row} />
          ))}
        </ul>
      ) : (
        <p class="soft">{text.noCredits}</p>
      )}
      {(nextCursor || isOlder) && (
        <nav class="pages" aria-label={text.credits}>
          {isOlder && <a href={pageAt()}>{text.newest}</a>}
          {nextCursor && (
            <a href={pageAt({ cursor: nextCursor })} rel="next">
              {text.older}
            </a>
          )}
        </nav>
      )}
    </Panel>
  );
}

function Entry({ view, row }: { view: View; row: CreditTransaction }) {
  const text = view.text.account.usage;
  return (
    <li>
      <div>
        <p>
          <strong>{text.types[row.type]}</strong>
        </p>
        {row.description && <p class="soft">{row.description}</p>}
        <p class="soft">
          <Time view={view} at={row.createdAt} />
        </p>
        {row.expiresAt !== null && (
          <p class="soft">
            {text.expires} <Time view={view} at={row.expiresAt} />
          </p>
        )}
      </div>
      <div>
        <p class="number">{numberOf(view, row.amount, true)}</p>
        <p class="soft">{text.balanceAfter(numberOf(view, row.balanceAfter))}</p>
      </div>
    </li>
  );
}
