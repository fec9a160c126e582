import { Hono } from 'hono';
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import type { AppEnv } from '../../http/context.ts';
import { cursorOf } from '../../http/list-schemas.ts';
import { adminMessages, mailMessages } from '../../languages/messages.ts';
import type { Message } from '../../messages/admin-service.ts';
import type { MailTemplate } from '../../messages/templates/mail-data.ts';
import { render } from '../../messages/templates/render.ts';
import { SAMPLE_BRAND, SAMPLES } from '../../messages/templates/samples.ts';
import { Form } from '../kit/form.tsx';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Alert, Badge, DescriptionList, Panel, Time, TimeOr } from '../kit/panel.tsx';
import { Count, Pager, Table, Tabs } from '../kit/table.tsx';
import { showMail, type View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, BackLink } from './frame.tsx';
import { type AdminServices, adminArea } from './visit.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.mail;
const STATUSES = ['pending', 'dead', 'sent'] as const;
const Cursor = cursorOf(z.number(), z.string());

/** What became of mails and text messages, and another try. Operators do not see what they say. */
export function adminMailPageRoutes(services: AdminServices) {
  const { outbox } = services.admin;
  const area = adminArea(services);
  const list = pageRoutes(area, {
    path: PATH,
    messages: mailMessages,
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
      const text = mailMessages[view.language];
      const common = adminMessages[view.language];
      const status = STATUSES.find((known) => known === c.req.query('status'));
      const after = Cursor.safeParse(c.req.query('cursor')).data ?? null;
      const page = await outbox.list(realmId, { status }, { after, limit: PER_PAGE });
      const rows = page.rows.map((row) => (
        <tr>
          <th scope="row">
            <a href={view.link(`${PATH}/${row.id}`)}>{row.template}</a>
          </th>
          <td data-head={text.recipient}>{row.recipient}</td>
          <td data-head={text.channel}>{text.channels[row.channel]}</td>
          <td data-head={common.status}>
            <MessageBadge view={view} row={row} />
          </td>
          <td data-head={common.when}>
            <Time view={view} at={row.createdAt} />
          </td>
        </tr>
      ));
      const problem = refusedIn(shown, 'test')?.problem;
      return (
        <AdminFrame
          visit={visit}
          page="mail"
          shown={shown}
          act={<Form view={view} name="test" button={text.test} look="plain" />}
        >
          <p class="soft">{text.text}</p>
          {problem && <Alert isFocused>{problem.summary}</Alert>}
          <Tabs
            label={common.status}
            tabs={[
              { href: view.link(PATH), name: common.all, isCurrent: !status },
              ...STATUSES.map((one) => ({
                href: view.link(PATH, { status: one }),
                name: text.statuses[one],
                isCurrent: one === status,
              })),
            ]}
          />
          <Count view={view} total={page.total} isExact={page.totalIsExact} />
          {rows.length > 0 && (
            <div class="panel">
              <Table
                look="stacks"
                label={common.pages.mail}
                columns={[text.message, text.recipient, text.channel, common.status, common.when]}
                rows={rows}
              />
            </div>
          )}
          <Pager
            view={view}
            path={PATH}
            query={status ? { status } : {}}
            isFirst={!after}
            next={page.nextCursor}
          />
        </AdminFrame>
      );
    },
  });
  const one = pageRoutes(area, {
    path: `${PATH}/:id`,
    messages: mailMessages,
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
      const text = mailMessages[view.language];
      const row = await outbox.get(realmId, c.req.param('id') ?? '');
      const names = await services.admin.logs.names(realmId, [row.userId]);
      const refused = refusedIn(shown, 'retry');
      return (
        <AdminFrame visit={visit} page="mail" title={row.template} shown={shown}>
          <section class="panel" aria-label={row.template}>
            <DescriptionList look="about" entries={detailsOf(view, row, names)} />
            {row.isRetriable || refused ? (
              <Form
                view={view}
                name="retry"
                problem={refused?.problem}
                button={text.retry}
                disabled={!row.isRetriable}
              />
            ) : (
              <p class="soft">{text.notRetriable}</p>
            )}
          </section>
          {isMail(row) && (
            <Panel id="preview" title={text.preview}>
              <p class="soft">{text.previewText}</p>
              <div class="preview">
                <iframe
                  src={view.link(`${PATH}/${row.id}/preview`)}
                  title={text.preview}
                  sandbox="allow-same-origin"
                  inert
                />
              </div>
            </Panel>
          )}
          <BackLink visit={visit} page="mail" />
        </AdminFrame>
      );
    },
  });
  const preview = area.admit(async (c, { realmId, view: { realm } }) => {
    const row = await outbox.get(realmId, c.req.param('id') ?? '');
    if (!isMail(row)) throw new ApiError('message_not_found');
    // Its links lead where those of the samples do.
    const brand = { ...SAMPLE_BRAND, name: realm.name, color: realm.color };
    return showMail(c, render(row.template, row.locale, brand, SAMPLES[row.template]).html);
  });
  return new Hono<AppEnv>().route('/', list).route('/', one).get(`${PATH}/:id/preview`, preview);
}

/** Whether it can be shown with what is made up; not a text message, nor a mail of a version that is no more. */
function isMail(row: Message): row is Message & { template: MailTemplate } {
  return row.channel === 'mail' && Object.hasOwn(SAMPLES, row.template);
}

function detailsOf(
  view: View,
  row: Message,
  names: Map<string, string>,
): Parameters<typeof DescriptionList>[0]['entries'] {
  const text = mailMessages[view.language];
  const common = adminMessages[view.language];
  const time = (at: number | null) => <TimeOr view={view} at={at} none="–" />;
  const user = row.userId && (
    <a href={view.link(`${ADMIN_PAGES.users}/${row.userId}`)}>{names.get(row.userId) ?? row.userId}</a>
  );
  return [
    [common.status, <MessageBadge view={view} row={row} />],
    [text.channel, text.channels[row.channel]],
    [text.recipient, row.recipient],
    [common.user, user || '–'],
    [text.language, row.locale ?? '–'],
    [common.when, time(row.createdAt)],
    [common.attempts, String(row.attempts)],
    ...(row.status === 'pending'
      ? ([[text.nextAttempt, time(row.nextAttemptAt)]] as [string, ReturnType<typeof time>][])
      : []),
    [text.error, row.lastError ?? '–'],
    [text.expires, time(row.expiresAt)],
    [text.settled, time(row.settledAt)],
  ];
}

const LOOKS = { pending: undefined, sent: 'good', dead: 'bad', void: undefined } as const;

function MessageBadge({ view, row: { status } }: { view: View; row: Pick<Message, 'status'> }) {
  return <Badge look={LOOKS[status]}>{mailMessages[view.language].statuses[status]}</Badge>;
}
