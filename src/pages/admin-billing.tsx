import { BillingEventQuery, ShortfallQuery } from '../billing/admin-schemas.ts';
import type { EventRow } from '../billing/tables.ts';
import { Panel, Time } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import { meaningsOf, PriceFields, pricesBlamed } from './admin-billing-prices.tsx';
import { ShortfallTable } from './admin-billing-shortfalls.tsx';
import { ADMIN_PAGES, AdminFrame, Table } from './admin-frame.tsx';
import { adminPage } from './admin-page.ts';
import { Count, Pager, saidOf, Tabs } from './admin-parts.tsx';
import type { AdminServices } from './admin-visit.ts';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

const PER_PAGE = 25;
const PATH = ADMIN_PAGES.billing;
const STATUSES = ['received', 'done', 'ignored', 'failed'] as const;

/** What Stripe has told, what its prices stand for, and what payments are missing. */
export function adminBillingRoutes(services: AdminServices) {
  const { billingAdmin, planAdmin } = services;
  return adminPage(services, {
    path: PATH,
    forms: {
      replay: {
        act: async (_, { realmId, actor }, { event = '' }) => {
          const { status } = await billingAdmin.replay(realmId, event, actor.id);
          return status === 'failed' ? 'replay_failed' : 'replayed';
        },
      },
      prices: {
        act: async (_, { realmId, actor }, values) => {
          const meanings = meaningsOf(values);
          await pricesBlamed(meanings, () =>
            billingAdmin.replacePrices(
              realmId,
              meanings.map(({ meaning }) => meaning),
              actor.id,
            ),
          );
          return 'saved';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const common = view.text.adminOperations;
      const text = common.billing;
      const status = STATUSES.find((known) => known === c.req.query('status'));
      const cursor = BillingEventQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
      const before = ShortfallQuery.shape.cursor.safeParse(c.req.query('shortfalls')).data;
      const [events, prices, shortfalls, plans] = await Promise.all([
        billingAdmin.events(realmId, { limit: PER_PAGE, cursor, status }),
        billingAdmin.prices(realmId),
        billingAdmin.shortfalls(realmId, { limit: PER_PAGE, cursor: before }),
        planAdmin.list(realmId),
      ]);
      const refused = refusedIn(shown, 'prices');
      const query = status ? { status } : undefined;
      const hasFailed = shown.done === 'replay_failed';
      const wrong = hasFailed ? text.replayFailed : refusedIn(shown, 'replay')?.problem.summary;
      return (
        <AdminFrame
          visit={visit}
          page="billing"
          said={saidOf(view, shown.done)}
          failed={hasFailed || shown.refused !== undefined}
        >
          {!billingAdmin.isConfigured && (
            <section class="notice" aria-labelledby="not-configured">
              <h2 id="not-configured">{text.notConfigured}</h2>
              <p>{text.notConfiguredText}</p>
            </section>
          )}
          <Panel id="events" title={text.events}>
            {wrong && (
              <p class="notice bad" role="alert">
                {wrong}
              </p>
            )}
            <Tabs
              label={common.status}
              tabs={[
                { href: view.link(PATH), says: common.all, on: !status },
                ...STATUSES.map((one) => ({
                  href: view.link(PATH, { status: one }),
                  says: text.statuses[one],
                  on: one === status,
                })),
              ]}
            />
            <Count view={view} total={events.total} />
            {events.rows.length > 0 && (
              <EventTable view={view} rows={events.rows} canReplay={billingAdmin.isConfigured} />
            )}
            <Pager view={view} path={PATH} query={query} isFirst={!cursor} next={events.nextCursor} />
          </Panel>
          <Panel id="prices" title={text.prices}>
            <p class="soft">{text.pricesText}</p>
            <Form
              view={view}
              problem={refused?.problem}
              button={common.save}
              disabled={!billingAdmin.isConfigured}
            >
              <Hidden name="form" value="prices" />
              <PriceFields view={view} prices={prices} plans={plans} refused={refused} />
            </Form>
          </Panel>
          <Panel id="shortfalls" title={text.shortfalls}>
            <p class="soft">{text.shortfallsText}</p>
            <Count view={view} total={shortfalls.total} />
            {shortfalls.rows.length > 0 && <ShortfallTable view={view} rows={shortfalls.rows} />}
            <Pager view={view} path={PATH} name="shortfalls" isFirst={!before} next={shortfalls.nextCursor} />
          </Panel>
        </AdminFrame>
      );
    },
  });
}

function EventTable({ view, rows, canReplay }: { view: View; rows: EventRow[]; canReplay: boolean }) {
  const common = view.text.adminOperations;
  const text = common.billing;
  return (
    <Table
      label={text.event}
      head={
        <>
          <th scope="col">{text.event}</th>
          <th scope="col">{common.status}</th>
          <th scope="col">{common.when}</th>
          {canReplay && (
            <th scope="col">
              <span class="hidden">{text.replay}</span>
            </th>
          )}
        </>
      }
    >
      {rows.map((row) => (
        <tr>
          <th scope="row">
            {breakable(row.type)}
            <div class="soft">
              <code>{row.id}</code>
            </div>
          </th>
          <td>
            <span class={`badge${LOOKS[row.status]}`}>{text.statuses[row.status]}</span>
            {row.lastError && <div class="soft">{row.lastError}</div>}
          </td>
          <td>
            <Time view={view} at={row.receivedAt} />
            <div class="soft">
              {common.attempts}: {row.attempts}
            </div>
          </td>
          {canReplay && (
            <td>
              <Form view={view} button={text.replay} buttonLabel={text.replayNamed(row.id)} look="plain">
                <Hidden name="form" value="replay" />
                <Hidden name="event" value={row.id} />
              </Form>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

/** The name of an event, which may go on in the next line after each dot. */
function breakable(name: string) {
  return name.split('.').map((word, at) => (at === 0 ? word : [<wbr />, `.${word}`]));
}

const LOOKS = { received: '', done: ' good', ignored: '', failed: ' bad' };
