import type { Child } from 'hono/jsx';
import { AdminActivityQuery, AuditQuery } from '../../admin/logs-schemas.ts';
import type { Logs } from '../../admin/logs-service.ts';
import type { ActivityType } from '../../directory/state.ts';
import type { AppContext } from '../../http/context.ts';
import { activityMessages, adminActivityMessages, adminMessages } from '../../languages/messages.ts';
import { dateOf } from '../../lib/calendar.ts';
import { isOrganizationId } from '../../lib/jurisdiction.ts';
import { rfc3339 } from '../../lib/time.ts';
import { activityIcon } from '../kit/activity-icon.ts';
import { Field, Hidden, Select } from '../kit/form.tsx';
import { dayRange } from '../kit/form-data.ts';
import { deviceName, formatDayHeading, placeName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import type { IconName } from '../kit/icon-names.ts';
import { pageRoutes } from '../kit/page.ts';
import { Clock, fullNameOf, Panel } from '../kit/panel.tsx';
import { Count, Pager, Tabs } from '../kit/table.tsx';
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
  const { user } = adminMessages[view.language];
  const { types } = activityMessages[view.language];
  const { given, same, days, csv } = filterOf(c, ['user_id', 'type']);
  // A cursor that was made up shows the newest.
  const after = AdminActivityQuery.shape.cursor.safeParse(c.req.query('cursor')).data ?? null;
  const filter = { userId: same.user_id, type: same.type, ...days };
  const page = await logs.activity(realmId, filter, { after, limit: PER_PAGE });
  const names = await logs.names(
    realmId,
    page.rows.flatMap((row) => [row.userId, row.actor]),
  );
  const entries = page.rows.map((row) => ({
    at: row.at,
    icon: activityIcon(row.type),
    name: types[row.type as ActivityType] ?? row.type,
    whom: <Named visit={visit} id={row.userId} names={names} />,
    about: [
      row.userAgent && deviceName(view, row.userAgent),
      placeName(view, row),
      row.ip,
      row.actor && text.byOther(names.get(row.actor) ?? row.actor),
    ]
      .filter(Boolean)
      .join(' · '),
  }));
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
      entries={entries}
      isFirst={!after}
      csv={view.link('/v1/admin/activity.csv', csv)}
    />
  );
}

async function operatorLog(c: AppContext, visit: AdminVisit, logs: Logs) {
  const { realmId, view } = visit;
  const text = adminActivityMessages[view.language];
  const { given, same, days, csv } = filterOf(c, ['actor', 'action', 'target']);
  const action = AuditQuery.shape.action.safeParse(same.action).data;
  const after = AuditQuery.shape.cursor.safeParse(c.req.query('cursor')).data ?? null;
  const page = await logs.audit(realmId, { ...same, action, ...days }, { after, limit: PER_PAGE });
  const names = await logs.names(
    realmId,
    page.rows.flatMap((row) => [row.actor, row.target]),
  );
  const entries = page.rows.map((row) => ({
    at: row.at,
    icon: actionIcon(row.action),
    name: text.actions[row.action] ?? row.action,
    whom: <Named visit={visit} id={row.target} names={names} />,
    about: (
      <>
        {text.actor}: <Named visit={visit} id={row.actor} names={names} />
      </>
    ),
    details: Object.keys(row.details).length > 0 && (
      <details>
        <summary>{text.details}</summary>
        <pre>{JSON.stringify(row.details, null, 2)}</pre>
      </details>
    ),
  }));
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
      entries={entries}
      isFirst={!after}
      csv={view.link('/v1/admin/audit.csv', csv)}
    />
  );
}

/** Somebody or something by their name, with the way to their page; by the id where the realm has none of it. */
export function Named({ visit, id, names }: { visit: AdminVisit; id: string; names: Map<string, string> }) {
  const { principal, user, view } = visit;
  const page = isOrganizationId(id) ? ADMIN_PAGES.organizations : ADMIN_PAGES.users;
  const name = names.get(id);
  if (name !== undefined) {
    return (
      <a href={view.link(`${page}/${encodeURIComponent(id)}`)} title={id}>
        {name}
      </a>
    );
  }
  // An owner in another realm knows their own name.
  const { actors } = adminActivityMessages[view.language];
  if (Object.hasOwn(actors, id)) return actors[id];
  return id === principal.userId ? <span title={id}>{fullNameOf(user)}</span> : <code>{id}</code>;
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

/** An entry of a log, as people read it. */
interface LogEntry {
  icon: IconName;
  name: string;
  /** Whom it is about, where the page does not say so. */
  whom?: Child;
  about: Child;
  details?: Child;
}

/** What happened, whom it was about, who did it, and when. */
export function LogRow({ icon, name, whom, about, details, time }: LogEntry & { time: Child }) {
  return (
    <li class="pictured">
      <Icon name={icon} />
      <div>
        <p>
          <strong>{name}</strong> {whom}
        </p>
        <p class="soft">{about}</p>
        {details}
      </div>
      <p class="soft">{time}</p>
    </li>
  );
}

/** The icon of an entry of the audit log: of what it was done to. */
export function actionIcon(action: string): IconName {
  const [, icon] = ACTION_ICONS.find(([names]) => names.test(action)) ?? [];
  return icon ?? 'history';
}

const ACTION_ICONS: [RegExp, IconName][] = [
  [/webhook|hook/, 'webhook'],
  [/key/, 'key-round'],
  [/client|app/, 'box'],
  [/resource/, 'server'],
  [/plan|limit|cap|spending/, 'layers'],
  [/credit|billing|price|payment|seat/, 'credit-card'],
  [/message|mail/, 'mail'],
  [/organization|member|invitation|domain/, 'users'],
  [/realm|policy|appearance/, 'globe'],
  [/user|operator|role|password|factor|session|impersonat/, 'user'],
];

/** A log by days, with its filter. */
function LogView(props: {
  visit: AdminVisit;
  log: 'users' | 'operators';
  fields: FilterField[];
  given: Record<string, string>;
  page: { total: number; totalIsExact: boolean; nextCursor: string | null };
  entries: (LogEntry & { at: number })[];
  isFirst: boolean;
  /** The address of the whole log as CSV. */
  csv: string;
}) {
  const { visit, log, fields, given, page, entries, isFirst, csv } = props;
  const { view } = visit;
  const text = adminActivityMessages[view.language];
  const { all, search } = adminMessages[view.language];
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
      <form class="filters" method="get" action={view.link(PATH)} data-filters>
        {log === 'operators' && <Hidden name="log" value={log} />}
        {fields.map(({ name, label, hint, options }) =>
          options ? (
            <Select name={name} label={label} value={given[name]} options={[['', all], ...options]} />
          ) : (
            <Field name={name} label={label} placeholder={hint} value={given[name]} autocomplete="off" />
          ),
        )}
        <Field name="from" type="date" label={text.from} value={given.from} />
        <Field name="until" type="date" label={text.until} value={given.until} />
        <div class="acts">
          <button type="submit">{search}</button>
          <a class="button plain" href={csv} download="">
            {text.csv}
          </a>
        </div>
      </form>
      <Count view={view} total={page.total} isExact={page.totalIsExact} />
      {[...Map.groupBy(entries, ({ at }) => dateOf(at))].map(([date, some]) => (
        <Panel id={`day-${date}`} title={formatDayHeading(view, date)}>
          <ul class="rows log">
            {some.map(({ at, ...entry }) => (
              <LogRow {...entry} time={<Clock view={view} at={at} />} />
            ))}
          </ul>
        </Panel>
      ))}
      <Pager view={view} path={PATH} query={query} isFirst={isFirst} next={page.nextCursor} />
    </AdminFrame>
  );
}
