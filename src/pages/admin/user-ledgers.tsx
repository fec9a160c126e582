import type { ActivityType } from '../../directory/state.ts';
import {
  activityMessages,
  adminActivityMessages,
  adminMessages,
  kitMessages,
  userMessages,
} from '../../languages/messages.ts';
import { activityIcon } from '../kit/activity-icon.ts';
import { Field, fieldsOf } from '../kit/form.tsx';
import { deviceName, formatNumber, placeName, resourceName } from '../kit/format.ts';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Entries, Panel, Time } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ActDialog } from './act-dialog.tsx';
import { actionIcon, LogRow, Named } from './activity.tsx';
import { ADMIN_PAGES } from './frame.tsx';
import type { readLogs, readPlan, UserPanelProps, userCredits } from './user-data.ts';
import type { AdminVisit } from './visit.ts';

type UserPlan = Awaited<ReturnType<typeof readPlan>>;
type UserLogs = Awaited<ReturnType<typeof readLogs>>;

/** The limits of a user or an organization, and what was used. */
export function UsagePanel(props: {
  view: View;
  quotas: UserPlan['quotas'];
  used: Pick<UserPlan['used'], 'days' | 'totals'>;
}) {
  const { view, quotas, used } = props;
  const text = userMessages[view.language];
  const { resource: resourceHead, periods } = adminMessages[view.language];
  const number = (value: number | null) => (value === null ? '∞' : formatNumber(view, value));
  const rows = Object.entries(quotas.resources).map(([resource, quota]) => (
    <tr>
      <th scope="row">
        {resourceName(view, resource)} <span class="soft">· {periods[quota.period]}</span>
      </th>
      <td class="number" data-head={text.used}>
        {number(quota.used)}
      </td>
      <td class="number" data-head={text.limit}>
        {number(quota.limit)}
      </td>
      <td class="number" data-head={text.lastDays(used.days)}>
        {number(used.totals[resource] ?? 0)}
      </td>
    </tr>
  ));
  const numbers = [{ number: text.used }, { number: text.limit }, { number: text.lastDays(used.days) }];
  return (
    <Panel id="usage" title={text.usage}>
      <Table look="stacks" label={text.usage} columns={[resourceHead, ...numbers]} rows={rows} />
    </Panel>
  );
}

/** The credits of a user or an organization, and the dialog that adjusts them. */
export function CreditsPanel(props: {
  view: View;
  shown: Shown;
  credits: Awaited<ReturnType<typeof userCredits>>;
}) {
  const { view, shown, credits } = props;
  const text = userMessages[view.language];
  const refused = refusedIn(shown, 'credits');
  // The same when the form is sent twice.
  const reference = refused?.values.reference ?? crypto.randomUUID();
  return (
    <Panel id="credits" title={text.credits}>
      <div class="between">
        <p class="figure">
          <strong>{formatNumber(view, credits.balance)}</strong> <span class="soft">{text.balance}</span>
        </p>
        <div>
          <ActDialog
            view={view}
            shown={shown}
            form="credits"
            open={text.adjust}
            hidden={{ reference }}
            reason="needed"
            reasonHint={text.reasonNeeded}
          >
            <Field
              {...fieldsOf(refused)('amount')}
              label={text.amount}
              hint={text.amountHint}
              autocomplete="off"
              required
            />
          </ActDialog>
        </div>
      </div>
      <Entries
        look="rows ledger"
        none={kitMessages[view.language].none}
        entries={credits.rows.map((row) => (
          <li>
            <div>
              <p>
                {text.transactions[row.type]} {row.description && <span class="soft">{row.description}</span>}
              </p>
              <p class="soft">
                <Time view={view} at={row.createdAt} />
              </p>
            </div>
            <strong>{formatNumber(view, row.amount, true)}</strong>
          </li>
        ))}
      />
    </Panel>
  );
}

/** The last entries of both logs about a user. */
export function LogsPanel({ visit, user, activity, audit, names }: UserPanelProps & UserLogs) {
  const { view } = visit;
  const text = userMessages[view.language];
  const { byOther } = adminActivityMessages[view.language];
  const { title, types, none } = activityMessages[view.language];
  return (
    <div class="halves">
      <Panel id="activity" title={title}>
        <Entries
          look="rows log"
          none={none}
          entries={activity.map((row) => (
            <LogRow
              icon={activityIcon(row.type)}
              name={types[row.type as ActivityType] ?? row.type}
              about={[
                row.userAgent && deviceName(view, row.userAgent),
                placeName(view, row),
                row.ip,
                row.actor && byOther(names.get(row.actor) ?? row.actor),
              ]
                .filter(Boolean)
                .join(' · ')}
              time={<Time view={view} at={row.at} />}
            />
          ))}
        />
        <p>
          <a href={view.link(ADMIN_PAGES.activity, { user_id: user.id })}>{text.allActivity}</a>
        </p>
      </Panel>
      <Panel id="history" title={text.audit}>
        <AuditEntries visit={visit} rows={audit} names={names} />
      </Panel>
    </div>
  );
}

/** What operators and members did to a user or an organization. */
export function AuditEntries(props: {
  visit: AdminVisit;
  rows: UserLogs['audit'];
  names: UserLogs['names'];
}) {
  const { visit, rows, names } = props;
  const { view } = visit;
  const { actions } = adminActivityMessages[view.language];
  const entries = rows.map((row) => (
    <LogRow
      icon={actionIcon(row.action)}
      name={actions[row.action] ?? row.action}
      about={
        <>
          <Named visit={visit} id={row.actor} names={names} />
          {typeof row.details.reason === 'string' && ` · ${row.details.reason}`}
        </>
      }
      time={<Time view={view} at={row.at} />}
    />
  ));
  return <Entries look="rows log" entries={entries} none={activityMessages[view.language].none} />;
}
