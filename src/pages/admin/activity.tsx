import type { Child } from 'hono/jsx';
import { AdminActivityQuery, AuditQuery } from '../../admin/logs-schemas.ts';
import type { Logs } from '../../admin/logs-service.ts';
import type { ActivityType } from '../../directory/state.ts';
import type { AppContext } from '../../http/context.ts';
import { activityMessages, adminActivityMessages, adminMessages } from '../../languages/messages.ts';
import { rfc3339 } from '../../lib/time.ts';
import { Field, Hidden, Select } from '../kit/form.tsx';
import { dayRange } from '../kit/form-data.ts';
import { deviceName, placeName } from '../kit/format.ts';
import { pageRoutes } from '../kit/page.ts';
import { Time } from '../kit/panel.tsx';
import { Count, Pager, Table, Tabs } from '../kit/table.tsx';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.activity;

/** What happened in a realm: to its users, and by its operators. */
export function adminActivityPageRoutes(services: AdminServices) {
  const { logs } = services.admin;
  return pageRoutes(adminArea(services), {
    path: PATH,
    render: (c, visit) =>
      c.req.query('log') === 'operators' ? operatorLog(c, visit, logs) : userLog(c, visit, logs),
  });
}

async function userLog(c: AppContext, visit: AdminVisit, logs: Logs) {
  const { realmId, view } = visit;
  const text = adminActivityMessages[view.language];
  const { user, when } = adminMessages[view.language];
  const { types } = activityMessages[view.language];
  const { given, same, days, csv } = filterOf(c, ['user_id', 'type']);
  // A cursor that was made up shows the newest.
  const after = AdminActivityQuery.shape.cursor.safeParse(c.req.query('cursor')).data ?? null;
  const filter = { userId: same.user_id, type: same.type, ...days };
  const page = await logs.activity(realmId, filter, { after, limit: PER_PAGE });
  const rows = page.rows.map((row) => (
    <tr>
      <td>
        <Time view={view} at={row.at} />
      </td>
      <td>
        {types[row.type as ActivityType] ?? row.type}
        {row.actor && <div class="soft">{text.byOther(row.actor)}</div>}
      </td>
      <td>
        <a href={view.link(`${ADMIN_PAGES.users}/${encodeURIComponent(row.userId)}`)}>
          <code>{row.userId}</code>
        </a>
      </td>
      <td>
        {row.userAgent && deviceName(view, row.userAgent)}
        <div class="soft">{[placeName(view, row), row.ip].filter(Boolean).join(' · ')}</div>
      </td>
    </tr>
  ));
  return (
    <LogView
      visit={visit}
      log="users"
      fields={[
        { name: 'user_id', label: user, hint: text.userHint },
        { name: 'type', label: text.type, options: Object.entries(types) },
      ]}
      given={given}
      page={page}
      isFirst={!after}
      csv={view.link('/v1/admin/activity.csv', csv)}
    >
      <Table label={text.users} columns={[when, text.type, user, text.where]} rows={rows} />
    </LogView>
  );
}

async function operatorLog(c: AppContext, visit: AdminVisit, logs: Logs) {
  const { realmId, view } = visit;
  const text = adminActivityMessages[view.language];
  const { when } = adminMessages[view.language];
  const { given, same, days, csv } = filterOf(c, ['actor', 'action', 'target']);
  const action = AuditQuery.shape.action.safeParse(same.action).data;
  const after = AuditQuery.shape.cursor.safeParse(c.req.query('cursor')).data ?? null;
  const page = await logs.audit(realmId, { ...same, action, ...days }, { after, limit: PER_PAGE });
  const rows = page.rows.map((row) => (
    <tr>
      <td>
        <Time view={view} at={row.at} />
      </td>
      <td>{text.actions[row.action] ?? row.action}</td>
      <td>
        <code>{row.actor}</code>
      </td>
      <td>
        <code>{row.target}</code>
      </td>
      <td>
        {Object.keys(row.details).length > 0 && (
          <details>
            <summary>{text.details}</summary>
            <pre>{JSON.stringify(row.details, null, 2)}</pre>
          </details>
        )}
      </td>
    </tr>
  ));
  return (
    <LogView
      visit={visit}
      log="operators"
      fields={[
        { name: 'actor', label: text.actor, hint: text.actorHint },
        { name: 'action', label: text.action, options: Object.entries(text.actions) },
        { name: 'target', label: text.target, hint: text.targetHint },
      ]}
      given={given}
      page={page}
      isFirst={!after}
      csv={view.link('/v1/admin/audit.csv', csv)}
    >
      <Table
        label={text.operators}
        columns={[when, text.action, text.actor, text.target, text.details]}
        rows={rows}
      />
    </LogView>
  );
}

/** The filter in a query: `given` as it is, `same` without the days, `days` for the service, `csv` for the API. */
function filterOf(c: AppContext, names: string[]) {
  const asked = [...names, 'from', 'until'].map((name) => [name, c.req.query(name)?.trim().slice(0, 200)]);
  const given: Record<string, string> = Object.fromEntries(asked.filter(([, value]) => value));
  const { from, until, ...same } = given;
  const days = { after: dayRange(from).start, before: dayRange(until).end };
  const times = Object.entries(days).flatMap(([name, at]) => (at === undefined ? [] : [[name, rfc3339(at)]]));
  return { given, same, days, csv: { ...same, ...Object.fromEntries(times) } };
}

/** A field that narrows a log; with options it is a choice. */
interface FilterField {
  name: string;
  label: string;
  hint?: string;
  options?: [string, string][];
}

/** A log with its filter. */
function LogView(props: {
  visit: AdminVisit;
  log: 'users' | 'operators';
  fields: FilterField[];
  given: Record<string, string>;
  page: { total: number; totalIsExact: boolean; nextCursor: string | null };
  isFirst: boolean;
  /** The address of the whole log as CSV. */
  csv: string;
  children: Child;
}) {
  const { visit, log, fields, given, page, isFirst, csv, children } = props;
  const { view } = visit;
  const text = adminActivityMessages[view.language];
  const { all } = adminMessages[view.language];
  const query = { ...(log === 'operators' && { log }), ...given };
  return (
    <AdminFrame visit={visit} page="activity">
      <Tabs
        label={text.type}
        tabs={[
          { href: view.link(PATH), name: text.users, isCurrent: log === 'users' },
          {
            href: view.link(PATH, { log: 'operators' }),
            name: text.operators,
            isCurrent: log === 'operators',
          },
        ]}
      />
      <p class="soft">{text.text}</p>
      <section class="panel" aria-label={text.filter}>
        <form method="get" action={view.link(PATH)}>
          {log === 'operators' && <Hidden name="log" value={log} />}
          <div class="pair filters">
            {fields.map(({ name, label, hint, options }) =>
              options ? (
                <Select name={name} label={label} value={given[name]} options={[['', all], ...options]} />
              ) : (
                <Field name={name} label={label} hint={hint} value={given[name]} autocomplete="off" />
              ),
            )}
            <Field name="from" type="date" label={text.from} value={given.from} />
            <Field name="until" type="date" label={text.until} value={given.until} />
          </div>
          <p class="buttons">
            <button type="submit" class="plain">
              {text.filter}
            </button>
            <a href={csv} download="">
              {text.csv}
            </a>
          </p>
        </form>
      </section>
      <Count view={view} total={page.total} isExact={page.totalIsExact} />
      {page.total > 0 && <div class="panel">{children}</div>}
      <Pager view={view} path={PATH} query={query} isFirst={isFirst} next={page.nextCursor} />
    </AdminFrame>
  );
}
