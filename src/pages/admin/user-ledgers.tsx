import type { ActivityType } from '../../directory/state.ts';
import {
  activityMessages,
  adminActivityMessages,
  adminMessages,
  userMessages,
} from '../../languages/messages.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { deviceName, formatNumber, labelOf } from '../kit/format.ts';
import { refusedIn } from '../kit/page.ts';
import { Entries, Panel, Time } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES } from './frame.tsx';
import type { UserData, UserPanelProps } from './user-data.ts';

/** The limits of a user or an organization, and what was used. */
export function UsagePanel(props: {
  visit: UserPanelProps['visit'];
  data: { quotas: UserData['quotas']; used: Pick<UserData['used'], 'days' | 'totals'> };
}) {
  const { visit, data } = props;
  const { view } = visit;
  const { quotas, used } = data;
  const text = userMessages[view.language];
  const { resource: resourceHead, periods } = adminMessages[view.language];
  const number = (value: number | null) => (value === null ? '∞' : formatNumber(view, value));
  const rows = Object.entries(quotas.resources).map(([resource, quota]) => (
    <tr>
      <th scope="row">{resource}</th>
      <td class="number">{number(quota.used)}</td>
      <td class="number">
        {number(quota.limit)}
        <div class="soft moment">{periods[quota.period]}</div>
      </td>
      <td class="number">{number(used.totals[resource] ?? 0)}</td>
    </tr>
  ));
  const numbers = [{ number: text.used }, { number: text.limit }, { number: text.lastDays(used.days) }];
  return (
    <Panel id="usage" title={text.usage}>
      <Table label={text.usage} columns={[resourceHead, ...numbers]} rows={rows} />
    </Panel>
  );
}

/** The credits of a user or an organization, and their adjustment. */
export function CreditsPanel(props: Omit<UserPanelProps, 'data'> & { data: Pick<UserData, 'credits'> }) {
  const { visit, data, shown } = props;
  const { view } = visit;
  const { credits } = data;
  const text = userMessages[view.language];
  const refused = refusedIn(shown, 'credits');
  const field = fieldsOf(refused);
  // The same when the form is sent twice.
  const reference = refused?.values.reference ?? crypto.randomUUID();
  return (
    <Panel id="credits" title={text.credits}>
      <p>
        {labelOf(view, text.balance)}
        <strong>{formatNumber(view, credits.balance)}</strong>
      </p>
      <Form
        view={view}
        name="credits"
        hidden={{ reference }}
        problem={refused?.problem}
        button={text.adjust}
        look="plain"
      >
        <div class="pair">
          <Field
            {...field('amount')}
            label={text.amount}
            hint={text.amountHint}
            autocomplete="off"
            required
          />
          <Field
            {...field('credits_reason')}
            label={adminMessages[view.language].reason}
            hint={text.reasonNeeded}
            maxlength={500}
            required
          />
        </div>
      </Form>
      {credits.rows.length > 0 && (
        <ul class="rows">
          {credits.rows.map((row) => (
            <li>
              <div>
                <p>
                  {text.transactions[row.type]}{' '}
                  {row.description && <span class="soft">{row.description}</span>}
                </p>
                <p class="soft">
                  <Time view={view} at={row.createdAt} />
                </p>
              </div>
              <strong>{formatNumber(view, row.amount, true)}</strong>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The last entries of both logs about a user. */
export function LogsPanel({ visit: { view }, data: { user, activity, audit } }: UserPanelProps) {
  const text = userMessages[view.language];
  const { title, types } = activityMessages[view.language];
  return (
    <Panel id="activity" title={title}>
      <ul class="rows">
        {activity.rows.map((row) => (
          <LogEntry
            view={view}
            at={row.at}
            what={types[row.type as ActivityType] ?? row.type}
            about={[row.userAgent && deviceName(view, row.userAgent), row.country, row.ip]}
          />
        ))}
      </ul>
      <p>
        <a href={view.link(ADMIN_PAGES.activity, { user_id: user.id })}>{text.allActivity}</a>
      </p>
      <h3>{text.audit}</h3>
      <AuditEntries view={view} rows={audit.rows} />
    </Panel>
  );
}

/** What operators and members did to a user or an organization. */
export function AuditEntries({ view, rows }: { view: View; rows: UserData['audit']['rows'] }) {
  const { actions } = adminActivityMessages[view.language];
  const entries = rows.map((row) => (
    <LogEntry
      view={view}
      at={row.at}
      what={actions[row.action] ?? row.action}
      about={[row.actor, typeof row.details.reason === 'string' ? row.details.reason : null]}
    />
  ));
  return <Entries entries={entries} none={activityMessages[view.language].none} />;
}

function LogEntry(props: { view: View; at: number; what: string; about: (string | null)[] }) {
  const { view, at, what, about } = props;
  return (
    <li>
      <div>
        <p>{what}</p>
        <p class="soft">{about.filter(Boolean).join(' · ')}</p>
      </div>
      <p class="soft">
        <Time view={view} at={at} />
      </p>
    </li>
  );
}
