import type { ActivityType } from '../directory/state.ts';
import { deviceName } from './account-format.ts';
import { Panel, Time } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import { numberOf } from './admin-charts.tsx';
import { ADMIN_PAGES, NumberHead, Table } from './admin-frame.tsx';
import type { UserPart } from './admin-user.tsx';
import { Field, Form, Hidden } from './form.tsx';

/** How a user stands with what plans limit, and what was used of it in the last days. */
export function UsagePanel({ visit: { view }, seen: { quotas, used } }: UserPart) {
  const text = view.text.admin.user;
  const number = (value: number | null) => (value === null ? '∞' : numberOf(view, value));
  return (
    <Panel id="usage" title={text.usage}>
      <Table
        label={text.usage}
        head={
          <>
            <th scope="col">{text.resource}</th>
            <NumberHead>{text.used}</NumberHead>
            <NumberHead>{text.limit}</NumberHead>
            <NumberHead>{text.lastDays(used.days)}</NumberHead>
          </>
        }
      >
        {Object.entries(quotas.resources).map(([resource, quota]) => (
          <tr>
            <th scope="row">{resource}</th>
            <td class="number">{number(quota.used)}</td>
            <td class="number">
              {number(quota.limit)}
              <div class="soft moment">{text.periods[quota.period]}</div>
            </td>
            <td class="number">{number(used.totals[resource] ?? 0)}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

/** The credits of a user, and their adjustment. */
export function CreditsPanel({ visit: { view }, seen: { credits }, shown }: UserPart) {
  const { user: text, users } = view.text.admin;
  const { problem, values } = refusedIn(shown, 'credits') ?? {};
  return (
    <Panel id="credits" title={text.credits}>
      <p>
        {text.balance}: <strong>{numberOf(view, credits.balance)}</strong>
      </p>
      <Form view={view} problem={problem} button={text.adjust} look="plain">
        <Hidden name="form" value="credits" />
        {/* The same when the form is sent twice. */}
        <Hidden name="reference" value={values?.reference ?? crypto.randomUUID()} />
        <div class="pair">
          <Field
            name="amount"
            label={text.amount}
            hint={text.amountHint}
            value={values?.amount}
            problem={problem}
            autocomplete="off"
            required
          />
          <Field
            name="credits_reason"
            label={users.reason}
            hint={text.reasonNeeded}
            value={values?.credits_reason}
            problem={problem}
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
              <strong>{`${row.amount > 0 ? '+' : ''}${numberOf(view, row.amount)}`}</strong>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** What happened to a user, and what admins did. */
export function LogsPanel({ visit: { view }, seen: { user, activity, audit } }: UserPart) {
  const { account, admin, adminOperations } = view.text;
  const text = admin.user;
  return (
    <Panel id="activity" title={account.activity.title}>
      <ul class="rows">
        {activity.rows.map((row) => (
          <li>
            <div>
              <p>{account.activity.types[row.type as ActivityType] ?? row.type}</p>
              <p class="soft">
                {[row.userAgent && deviceName(view, row.userAgent), row.country, row.ip]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            </div>
            <p class="soft">
              <Time view={view} at={row.at} />
            </p>
          </li>
        ))}
      </ul>
      <p>
        <a href={view.link(ADMIN_PAGES.activity, { user_id: user.id })}>{text.allActivity}</a>
      </p>
      <h3>{text.audit}</h3>
      {audit.rows.length === 0 ? (
        <p class="soft">{account.activity.none}</p>
      ) : (
        <ul class="rows">
          {audit.rows.map((row) => (
            <li>
              <div>
                <p>{adminOperations.activity.actions[row.action] ?? row.action}</p>
                <p class="soft">
                  {[row.actor, typeof row.details.reason === 'string' ? row.details.reason : null]
                    .filter(Boolean)
                    .join(' · ')}
                </p>
              </div>
              <p class="soft">
                <Time view={view} at={row.at} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
