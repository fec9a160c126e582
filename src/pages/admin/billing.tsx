import { BillingEventQuery, ShortfallQuery } from '../../billing/admin-schemas.ts';
import type { EventRow, ReversalRow } from '../../billing/tables.ts';
import { adminBillingMessages, adminMessages } from '../../languages/messages.ts';
import { isOrganizationId } from '../../lib/jurisdiction.ts';
import { Form } from '../kit/form.tsx';
import { formatNumber, labelOf } from '../kit/format.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Alert, Badge, Panel, Time } from '../kit/panel.tsx';
import { Count, Pager, Table, Tabs } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { blamePriceRows, meaningsOf, PriceFields } from './billing-prices.tsx';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { type AdminServices, adminArea } from './visit.ts';

const PER_PAGE = 25;
const PATH = ADMIN_PAGES.billing;
const STATUSES = ['received', 'done', 'ignored', 'failed'] as const;

/** Stripe's events, what its prices stand for, and payments that are missing. */
export function adminBillingPageRoutes(services: AdminServices) {
  const { billingAdmin, planAdmin } = services;
  return pageRoutes(adminArea(services), {
    path: PATH,
    messages: adminBillingMessages,
    forms: {
      replay: {
        act: async (_, { realmId, actor }, { event = '' }) => {
          const { status } = await billingAdmin.replay(realmId, event, actor.id);
          return status === 'failed' ? 'replay_failed' : 'replayed';
        },
      },
      prices: {
        act: async (_, { realmId, actor }, values) => {
          const rows = meaningsOf(values);
          const meanings = rows.map(({ meaning }) => meaning);
          await blamePriceRows(rows, () => billingAdmin.replacePrices(realmId, meanings, actor.id));
          return 'saved';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const text = adminBillingMessages[view.language];
      const { all, status: statusLabel } = adminMessages[view.language];
      const status = STATUSES.find((known) => known === c.req.query('status'));
      const cursor = BillingEventQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
      const before = ShortfallQuery.shape.cursor.safeParse(c.req.query('shortfalls')).data;
      const [events, prices, shortfalls, plans, offered] = await Promise.all([
        billingAdmin.events(realmId, { limit: PER_PAGE, cursor, status }),
        billingAdmin.prices(realmId),
        billingAdmin.shortfalls(realmId, { limit: PER_PAGE, cursor: before }),
        planAdmin.list(realmId),
        billingAdmin.activePrices(),
      ]);
      const refused = refusedIn(shown, 'prices');
      const hasFailed = shown.done === 'replay_failed';
      const wrong = hasFailed ? text.replayFailed : refusedIn(shown, 'replay')?.problem.summary;
      return (
        <AdminFrame
          visit={visit}
          page="billing"
          shown={shown}
          failed={hasFailed || shown.refused !== undefined}
        >
          {!billingAdmin.isConfigured && (
            <section class="notice" aria-labelledby="not-configured">
              <h2 id="not-configured">{text.notConfigured}</h2>
              <p>{text.notConfiguredText}</p>
            </section>
          )}
          <Panel id="events" title={text.events}>
            {wrong && <Alert>{wrong}</Alert>}
            <Tabs
              label={statusLabel}
              tabs={[
                { href: view.link(PATH), name: all, isCurrent: !status },
                ...STATUSES.map((one) => ({
                  href: view.link(PATH, { status: one }),
                  name: text.statuses[one],
                  isCurrent: one === status,
                })),
              ]}
            />
            <Count view={view} total={events.total} />
            {events.rows.length > 0 && (
              <EventTable view={view} rows={events.rows} canReplay={billingAdmin.isConfigured} />
            )}
            <Pager
              view={view}
              path={PATH}
              query={status ? { status } : {}}
              isFirst={!cursor}
              next={events.nextCursor}
            />
          </Panel>
          <Panel id="prices" title={text.prices}>
            <p class="soft">{text.pricesText}</p>
            <PriceFields
              view={view}
              prices={prices}
              plans={plans}
              offered={offered}
              refused={refused}
              disabled={!billingAdmin.isConfigured}
            />
          </Panel>
          <Panel id="shortfalls" title={text.shortfalls}>
            <p class="soft">{text.shortfallsText}</p>
            <Count view={view} total={shortfalls.total} />
            {shortfalls.rows.length > 0 && <ShortfallTable view={view} rows={shortfalls.rows} />}
            <Pager
              view={view}
              path={PATH}
              cursorName="shortfalls"
              isFirst={!before}
              next={shortfalls.nextCursor}
            />
          </Panel>
        </AdminFrame>
      );
    },
  });
}

const LOOKS = { received: undefined, done: 'good', ignored: undefined, failed: 'bad' } as const;

function EventTable(props: { view: View; rows: EventRow[]; canReplay: boolean }) {
  const { view, canReplay } = props;
  const text = adminBillingMessages[view.language];
  const { attempts, status, when } = adminMessages[view.language];
  const rows = props.rows.map((row) => (
    <tr>
      <th scope="row">
        {breakable(row.type)}
        <div class="soft">
          <code>{row.id}</code>
        </div>
      </th>
      <td>
        <Badge look={LOOKS[row.status]}>{text.statuses[row.status]}</Badge>
        {row.lastError && <div class="soft">{row.lastError}</div>}
      </td>
      <td>
        <Time view={view} at={row.receivedAt} />
        <div class="soft">
          {labelOf(view, attempts)}
          {row.attempts}
        </div>
      </td>
      {canReplay && (
        <td>
          <Form
            view={view}
            name="replay"
            hidden={{ event: row.id }}
            button={text.replay}
            buttonLabel={text.replayNamed(row.id)}
            look="plain"
          />
        </td>
      )}
    </tr>
  ));
  const columns = [text.event, status, when, ...(canReplay ? [{ hidden: text.replay }] : [])];
  return <Table label={text.event} columns={columns} rows={rows} />;
}

/** The name of an event, which may continue on the next line after each dot. */
function breakable(name: string) {
  return name.split('.').map((word, at) => (at === 0 ? word : [<wbr />, `.${word}`]));
}

/** Payments that were lost when their credits were used already. */
function ShortfallTable(props: { view: View; rows: ReversalRow[] }) {
  const { view } = props;
  const text = adminBillingMessages[view.language];
  const { user, when } = adminMessages[view.language];
  const rows = props.rows.map((row) => (
    <tr>
      <th scope="row">
        {isOrganizationId(row.payerId) ? (
          <code>{row.payerId}</code>
        ) : (
          <a href={view.link(`${ADMIN_PAGES.users}/${row.payerId}`)}>
            <code>{row.payerId}</code>
          </a>
        )}
      </th>
      <td>
        <code>{row.reference}</code>
      </td>
      <td class="number">{formatNumber(view, row.credits)}</td>
      <td class="number">{formatNumber(view, row.taken)}</td>
      <td class="number">{formatNumber(view, row.credits - row.taken)}</td>
      <td>
        <Time view={view} at={row.updatedAt} />
      </td>
    </tr>
  ));
  const numbers = [{ number: text.due }, { number: text.taken }, { number: text.missing }];
  return <Table label={text.reference} columns={[user, text.reference, ...numbers, when]} rows={rows} />;
}
