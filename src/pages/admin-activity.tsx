import { AdminActivityQuery, AuditQuery } from '../admin/logs-schemas.ts';
import type { Logs } from '../admin/logs-service.ts';
import type { ActivityType } from '../directory/state.ts';
import type { AppContext } from '../http/context.ts';
import { rfc3339 } from '../lib/time.ts';
import { deviceName, placeName } from './account-format.ts';
import { Time } from './account-frame.tsx';
import { type Filter, LogPage } from './admin-activity-frame.tsx';
import { ADMIN_PAGES, Table } from './admin-frame.tsx';
import { adminPage } from './admin-page.ts';
import { dayOf, givenOf } from './admin-parts.tsx';
import type { AdminServices, AdminVisit } from './admin-visit.ts';

const PER_PAGE = 50;

/** What happened in a realm: to its users, and by its operators. */
export function adminActivityRoutes(services: AdminServices) {
  const { logs } = services.admin;
  return adminPage(services, {
    path: ADMIN_PAGES.activity,
    render: (c, visit) =>
      c.req.query('log') === 'operators' ? operators(c, visit, logs) : users(c, visit, logs),
  });
}

async function users(c: AppContext, visit: AdminVisit, logs: Logs) {
  const { realmId, view } = visit;
  const text = view.text.adminOperations.activity;
  const given = givenOf(c, ['user_id', 'type', 'from', 'until']);
  const { days, wire } = daysOf(given);
  const { user_id, type } = given;
  // A cursor that was made up shows the newest.
  const after = AdminActivityQuery.shape.cursor.safeParse(c.req.query('cursor')).data ?? null;
  const filter = { userId: user_id, type, ...days };
  const page = await logs.activity(realmId, filter, { after, limit: PER_PAGE });
  const says = view.text.account.activity.types;
  const fields: Filter[] = [
    { name: 'user_id', label: view.text.adminOperations.user, hint: text.userHint },
    { name: 'type', label: text.type, options: Object.entries(says) },
  ];
  const { from: _, until: __, ...same } = given;
  const csv = view.link('/v1/admin/activity.csv', { ...same, ...wire });
  return (
    <LogPage visit={visit} log="users" fields={fields} given={given} page={page} isFirst={!after} csv={csv}>
      <Table
        label={text.users}
        head={
          <>
            <th scope="col">{view.text.adminOperations.when}</th>
            <th scope="col">{text.type}</th>
            <th scope="col">{view.text.adminOperations.user}</th>
            <th scope="col">{text.where}</th>
          </>
        }
      >
        {page.rows.map((row) => (
          <tr>
            <td>
              <Time view={view} at={row.at} />
            </td>
            <td>
              {says[row.type as ActivityType] ?? row.type}
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
        ))}
      </Table>
    </LogPage>
  );
}

async function operators(c: AppContext, visit: AdminVisit, logs: Logs) {
  const { realmId, view } = visit;
  const text = view.text.adminOperations.activity;
  const given = givenOf(c, ['actor', 'action', 'target', 'from', 'until']);
  const { days, wire } = daysOf(given);
  const { from: _, until: __, ...same } = given;
  const action = AuditQuery.shape.action.safeParse(given.action).data;
  const after = AuditQuery.shape.cursor.safeParse(c.req.query('cursor')).data ?? null;
  const page = await logs.audit(realmId, { ...same, action, ...days }, { after, limit: PER_PAGE });
  const fields: Filter[] = [
    { name: 'actor', label: text.actor, hint: text.actorHint },
    { name: 'action', label: text.action, options: Object.entries(text.actions) },
    { name: 'target', label: text.target, hint: text.targetHint },
  ];
  const csv = view.link('/v1/admin/audit.csv', { ...same, ...wire });
  return (
    <LogPage
      visit={visit}
      log="operators"
      fields={fields}
      given={given}
      page={page}
      isFirst={!after}
      csv={csv}
    >
      <Table
        label={text.operators}
        head={
          <>
            <th scope="col">{view.text.adminOperations.when}</th>
            <th scope="col">{text.action}</th>
            <th scope="col">{text.actor}</th>
            <th scope="col">{text.target}</th>
            <th scope="col">{text.details}</th>
          </>
        }
      >
        {page.rows.map((row) => (
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
        ))}
      </Table>
    </LogPage>
  );
}

/** The days of a filter, for the service and for the wire. */
function daysOf({ from, until }: Record<string, string>) {
  const days = { after: dayOf(from).start, before: dayOf(until).end };
  const wire = Object.entries(days).flatMap(([name, at]) => (at === undefined ? [] : [[name, rfc3339(at)]]));
  return { days, wire: Object.fromEntries(wire) as Record<string, string> };
}
