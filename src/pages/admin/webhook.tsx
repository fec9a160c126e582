import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { fieldError } from '../../errors.ts';
import type { AppContext, AppEnv } from '../../http/context.ts';
import { adminMessages, webhooksMessages } from '../../languages/messages.ts';
import { rfc3339 } from '../../lib/time.ts';
import { DeliveryQuery, type DeliveryRow, deliveryShape } from '../../webhooks/schemas.ts';
import type { ShownEndpoint } from '../../webhooks/service.ts';
import { ChoiceField, Field, FieldProblem, Form, fieldsOf, Select } from '../kit/form.tsx';
import { dayRange } from '../kit/form-data.ts';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Badge, DescriptionList, Panel, Time, TimeOr } from '../kit/panel.tsx';
import { Count, Pager, Table, Tabs } from '../kit/table.tsx';
import { show, type View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, BackLink } from './frame.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';
import { NewSecret, WebhookBadge } from './webhooks.tsx';

const PATH = ADMIN_PAGES.webhooks;
const PER_PAGE = 50;
const STATUSES = ['pending', 'failed', 'delivered'] as const;
const LOOKS = { pending: undefined, delivered: 'good', failed: 'bad' } as const;

/** One endpoint with what was delivered to it, and one delivery with what came of each try. */
export function adminWebhookPageRoutes(services: AdminServices) {
  const { webhooks } = services;
  const area = adminArea(services);
  const refOf = (c: AppContext, { realmId }: AdminVisit) => ({ id: c.req.param('id') ?? '', realmId });
  const render = async (c: AppContext, visit: AdminVisit, shown: Shown, secret?: string) => {
    const { view } = visit;
    const text = webhooksMessages[view.language];
    const ref = refOf(c, visit);
    const known = await webhooks.get(ref);
    const status = STATUSES.find((one) => one === c.req.query('status'));
    const { data: cursor } = DeliveryQuery.shape.cursor.safeParse(c.req.query('cursor'));
    const page = await webhooks.deliveries(ref, { status, cursor, limit: PER_PAGE });
    const path = `${PATH}/${ref.id}`;
    return (
      <AdminFrame visit={visit} page="webhooks" title={new URL(known.row.url).host} shown={shown}>
        {secret && <NewSecret view={view} secret={secret} />}
        <section class="panel" aria-label={text.url}>
          <DescriptionList look="about" entries={detailsOf(view, known)} />
          <Switches view={view} known={known} shown={shown} />
        </section>
        <Panel id="deliveries" title={text.deliveries}>
          <Tabs
            label={adminMessages[view.language].status}
            tabs={[
              { href: view.link(path), name: adminMessages[view.language].all, isCurrent: !status },
              ...STATUSES.map((one) => ({
                href: view.link(path, { status: one }),
                name: text.deliveryStatuses[one],
                isCurrent: one === status,
              })),
            ]}
          />
          <Count view={view} total={page.total} isExact={page.totalIsExact} />
          {page.rows.length > 0 && (
            <Table
              label={text.deliveries}
              columns={[
                text.event,
                adminMessages[view.language].status,
                text.tries,
                adminMessages[view.language].when,
              ]}
              rows={page.rows.map((row) => <DeliveryLine view={view} path={path} row={row} />)}
            />
          )}
          <Pager
            view={view}
            path={path}
            query={status ? { status } : {}}
            isFirst={!cursor}
            next={page.nextCursor}
          />
        </Panel>
        <Panel id="replay" title={text.replay}>
          <ReplayForm view={view} shown={shown} />
        </Panel>
        <Panel id="delete" title={text.remove}>
          <DeleteForm view={view} shown={shown} />
        </Panel>
        <BackLink visit={visit} page="webhooks" />
      </AdminFrame>
    );
  };
  const one = pageRoutes(area, {
    path: `${PATH}/:id`,
    messages: webhooksMessages,
    render,
    forms: {
      switch: {
        fresh: true,
        act: async (c, visit, { to }) => {
          const status = to === 'active' ? 'active' : 'disabled';
          await webhooks.update(refOf(c, visit), { status }, visit.actor);
          return 'changed';
        },
      },
      test: {
        act: async (c, visit) => {
          await webhooks.test(refOf(c, visit), visit.actor);
          return 'tested';
        },
      },
      rotate: {
        fresh: true,
        act: async (c, visit) => {
          const { secret } = await webhooks.rotate(refOf(c, visit), { overlap_hours: 24 }, visit.actor);
          return show(c, visit.view, await render(c, visit, {}, secret));
        },
      },
      replay: {
        act: async (c, visit, { since, which }) => {
          const { start } = dayRange(since);
          if (start === undefined) throw fieldError('since', 'required', 'Is needed');
          const asked = {
            since: rfc3339(start),
            which: which === 'all' ? ('all' as const) : ('failed' as const),
          };
          await webhooks.replay(refOf(c, visit), asked, visit.actor);
          return 'replayed';
        },
      },
      delete: {
        fresh: true,
        act: async (c, visit, { confirm }) => {
          if (confirm === undefined) throw fieldError('confirm', 'confirm', 'Needs to be confirmed');
          await webhooks.delete(refOf(c, visit), visit.actor);
          return c.redirect(visit.view.link(PATH), 303);
        },
      },
    },
  });
  const delivery = pageRoutes(area, {
    path: `${PATH}/:id/:delivery`,
    messages: webhooksMessages,
    render: async (c, visit, shown) => {
      const { view } = visit;
      const text = webhooksMessages[view.language];
      const ref = refOf(c, visit);
      const { row, payload, attempts } = await webhooks.delivery(ref, c.req.param('delivery') ?? '');
      return (
        <AdminFrame visit={visit} page="webhooks" title={row.template} shown={shown}>
          <section class="panel" aria-label={row.template}>
            <DescriptionList look="about" entries={deliveryDetails(view, row)} />
            {payload && (
              <Form
                view={view}
                name="resend"
                problem={refusedIn(shown, 'resend')?.problem}
                button={text.resend}
              />
            )}
          </section>
          <Panel id="payload" title={text.payload}>
            {payload ? <pre>{JSON.stringify(payload, null, 2)}</pre> : <p class="soft">{text.tooOld}</p>}
          </Panel>
          {attempts.length > 0 && (
            <Panel id="tries" title={text.tries}>
              <Table
                label={text.tries}
                columns={[adminMessages[view.language].when, text.answer, text.error, text.milliseconds]}
                rows={attempts.map(({ at, status, answer, error, duration }) => (
                  <tr>
                    <td>
                      <Time view={view} at={at} />
                    </td>
                    <td>
                      {status ?? text.noAnswer} {answer && <div class="soft">{answer}</div>}
                    </td>
                    <td>{error ?? '–'}</td>
                    <td>{duration}</td>
                  </tr>
                ))}
              />
            </Panel>
          )}
          <p>
            <a href={view.link(`${PATH}/${ref.id}`)}>{text.back}</a>
          </p>
        </AdminFrame>
      );
    },
    forms: {
      resend: {
        act: async (c, visit) => {
          await webhooks.resend(refOf(c, visit), c.req.param('delivery') ?? '', visit.actor);
          return 'resent';
        },
      },
    },
  });
  return new Hono<AppEnv>().route('/', one).route('/', delivery);
}

function detailsOf(view: View, { row, publicKeys }: ShownEndpoint): [string, Child][] {
  const text = webhooksMessages[view.language];
  const { operator, failing, gone } = text.disabledFor;
  const reason = row.disabledFor && { operator, failing, gone }[row.disabledFor];
  return [
    [
      adminMessages[view.language].status,
      <>
        <WebhookBadge view={view} row={row} /> {reason}
      </>,
    ],
    [text.url, <code>{row.url}</code>],
    [text.description, row.description || '–'],
    [text.events, row.events === null ? text.allEvents : row.events.join(' ')],
    [text.failingSince, <TimeOr view={view} at={row.failingSince} none="–" />],
    [text.delivered, <TimeOr view={view} at={row.deliveredAt} none={text.never} />],
    [text.publicKeys, publicKeys.map((key) => <code>{key} </code>)],
    [text.created, <Time view={view} at={row.createdAt} />],
  ];
}

function Switches({ view, known: { row }, shown }: { view: View; known: ShownEndpoint; shown: Shown }) {
  const text = webhooksMessages[view.language];
  const to = row.status === 'active' ? 'disabled' : 'active';
  const problem = (name: string) => refusedIn(shown, name)?.problem;
  return (
    <>
      <Form view={view} name="test" problem={problem('test')} button={text.test} look="plain" />
      <Form
        view={view}
        name="switch"
        hidden={{ to }}
        problem={problem('switch')}
        button={to === 'active' ? text.switchOn : text.switchOff}
        look="plain"
      />
      <Form view={view} name="rotate" problem={problem('rotate')} button={text.rotate} look="plain">
        <p class="soft">{text.rotateText}</p>
      </Form>
    </>
  );
}

function ReplayForm({ view, shown }: { view: View; shown: Shown }) {
  const text = webhooksMessages[view.language];
  const refused = refusedIn(shown, 'replay');
  const field = fieldsOf(refused);
  return (
    <Form view={view} name="replay" problem={refused?.problem} button={text.replayButton}>
      <div class="pair">
        <Field {...field('since')} type="date" label={text.since} required />
        <Select
          {...field('which')}
          label={text.which}
          options={[
            ['failed', text.replays.failed],
            ['all', text.replays.all],
          ]}
        />
      </div>
    </Form>
  );
}

function DeleteForm({ view, shown }: { view: View; shown: Shown }) {
  const text = webhooksMessages[view.language];
  const problem = refusedIn(shown, 'delete')?.problem;
  return (
    <Form view={view} name="delete" problem={problem} button={text.removeButton} look="danger">
      <ChoiceField name="confirm" checked={false}>
        {text.confirm}
      </ChoiceField>
      <FieldProblem name="confirm" problem={problem} />
    </Form>
  );
}

function DeliveryLine({ view, path, row }: { view: View; path: string; row: DeliveryRow }) {
  return (
    <tr>
      <th scope="row">
        <a href={view.link(`${path}/${row.id}`)}>{row.template}</a>
        {row.lastError && <div class="soft">{row.lastError}</div>}
      </th>
      <td>
        <DeliveryBadge view={view} row={row} />
      </td>
      <td>{row.attempts}</td>
      <td>
        <Time view={view} at={row.createdAt} />
      </td>
    </tr>
  );
}

function deliveryDetails(view: View, row: DeliveryRow): [string, Child][] {
  const text = webhooksMessages[view.language];
  const common = adminMessages[view.language];
  return [
    [common.status, <DeliveryBadge view={view} row={row} />],
    [text.event, <code>{row.eventId}</code>],
    [
      common.user,
      row.userId ? <a href={view.link(`${ADMIN_PAGES.users}/${row.userId}`)}>{row.userId}</a> : '–',
    ],
    [common.when, <Time view={view} at={row.createdAt} />],
    [text.tries, String(row.attempts)],
    [text.error, row.lastError ?? '–'],
  ];
}

function DeliveryBadge({ view, row }: { view: View; row: DeliveryRow }) {
  const { status } = deliveryShape(row);
  return <Badge look={LOOKS[status]}>{webhooksMessages[view.language].deliveryStatuses[status]}</Badge>;
}
