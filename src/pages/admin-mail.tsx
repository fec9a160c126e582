import { Hono } from 'hono';
import { z } from 'zod';
import type { AppEnv } from '../http/context.ts';
import { cursorOf } from '../http/list-schemas.ts';
import type { Message } from '../messages/admin-service.ts';
import { Time } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame, Table } from './admin-frame.tsx';
import { adminPage } from './admin-page.ts';
import { Count, Facts, Pager, saidOf, Tabs, TimeOr } from './admin-parts.tsx';
import type { AdminServices } from './admin-visit.ts';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.mail;
const STATUSES = ['pending', 'dead', 'sent'] as const;
const Cursor = cursorOf(z.number(), z.string());

/** Mails and text messages: what became of them, and another try. What they say is not for operators. */
export function adminMailRoutes(services: AdminServices) {
  const { outbox } = services.admin;
  const list = adminPage(services, {
    path: PATH,
    forms: {
      test: {
        act: async (_, { realmId, actor }) => {
          await outbox.sendTest(realmId, actor);
          return 'tested';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const common = view.text.adminOperations;
      const text = common.mail;
      const status = STATUSES.find((known) => known === c.req.query('status'));
      const after = Cursor.safeParse(c.req.query('cursor')).data ?? null;
      const page = await outbox.list(realmId, { status }, { after, limit: PER_PAGE });
      const query = status ? { status } : undefined;
      const refused = refusedIn(shown, 'test');
      return (
        <AdminFrame visit={visit} page="mail" said={saidOf(view, shown.done)} failed={refused !== undefined}>
          <p class="soft">{text.text}</p>
          <Form view={view} problem={refused?.problem} button={text.test} look="plain">
            <Hidden name="form" value="test" />
          </Form>
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
          <Count view={view} total={page.total} isExact={page.totalIsExact} />
          {page.rows.length > 0 && (
            <div class="panel">
              <Table
                label={view.text.admin.pages.mail}
                head={
                  <>
                    <th scope="col">{text.message}</th>
                    <th scope="col">{text.recipient}</th>
                    <th scope="col">{common.status}</th>
                    <th scope="col">{common.when}</th>
                  </>
                }
              >
                {page.rows.map((row) => (
                  <tr>
                    <th scope="row">
                      <a href={view.link(`${PATH}/${row.id}`)}>{row.template}</a>
                      <div class="soft">{text.channels[row.channel]}</div>
                    </th>
                    <td>{row.recipient}</td>
                    <td>
                      <Status view={view} row={row} />
                    </td>
                    <td>
                      <Time view={view} at={row.createdAt} />
                    </td>
                  </tr>
                ))}
              </Table>
            </div>
          )}
          <Pager view={view} path={PATH} query={query} isFirst={!after} next={page.nextCursor} />
        </AdminFrame>
      );
    },
  });
  const one = adminPage(services, {
    path: `${PATH}/:id`,
    forms: {
      retry: {
        act: async (c, { realmId, actor }) => {
          await outbox.retry(realmId, c.req.param('id') ?? '', actor);
          return 'retried';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const common = view.text.adminOperations;
      const text = common.mail;
      const row = await outbox.get(realmId, c.req.param('id') ?? '');
      const refused = refusedIn(shown, 'retry');
      const said = saidOf(view, shown.done);
      return (
        <AdminFrame visit={visit} page="mail" title={row.template} said={said} failed={refused !== undefined}>
          <section class="panel" aria-label={row.template}>
            <Facts facts={factsOf(view, row)} />
            {row.isRetriable || refused ? (
              <Form view={view} problem={refused?.problem} button={text.retry} disabled={!row.isRetriable}>
                <Hidden name="form" value="retry" />
              </Form>
            ) : (
              <p class="soft">{text.notRetriable}</p>
            )}
          </section>
          <p>
            <a href={view.link(PATH)}>{common.back}</a>
          </p>
        </AdminFrame>
      );
    },
  });
  return new Hono<AppEnv>().route('/', list).route('/', one);
}

function factsOf(view: View, row: Message): Parameters<typeof Facts>[0]['facts'] {
  const common = view.text.adminOperations;
  const text = common.mail;
  const time = (at: number | null) => <TimeOr view={view} at={at} none="–" />;
  return [
    [common.status, <Status view={view} row={row} />],
    [text.channel, text.channels[row.channel]],
    [text.recipient, row.recipient],
    [
      common.user,
      row.userId ? <a href={view.link(`${ADMIN_PAGES.users}/${row.userId}`)}>{row.userId}</a> : '–',
    ],
    [text.language, row.locale ?? '–'],
    [common.when, time(row.createdAt)],
    [common.attempts, String(row.attempts)],
    ...(row.status === 'pending' ? [[text.nextAttempt, time(row.nextAttemptAt)] as [string, Element]] : []),
    [common.error, row.lastError ?? '–'],
    [text.expires, time(row.expiresAt)],
    [text.settled, time(row.settledAt)],
  ];
}

function Status({ view, row: { status } }: { view: View; row: Pick<Message, 'status'> }) {
  const look = { pending: '', sent: ' good', dead: ' bad', void: '' }[status];
  return <span class={`badge${look}`}>{view.text.adminOperations.mail.statuses[status]}</span>;
}

type Element = ReturnType<typeof Status>;
