import { dateOf } from '../lib/calendar.ts';
import { Panel, Time } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import { Table } from './admin-frame.tsx';
import type { UserPart } from './admin-user.tsx';
import { limitField, UNLIMITED } from './admin-user-acts.ts';
import { Field, Form, Hidden, Select } from './form.tsx';

/** The plan of a user, and limits of their own. */
export function PlanPanel(part: UserPart) {
  const { visit, seen, shown } = part;
  const { view } = visit;
  const { user: text, users } = view.text.admin;
  const { plans, subscription } = seen;
  const { problem, values } = refusedIn(shown, 'plan') ?? {};
  const { expiresAt, plan } = subscription;
  return (
    <Panel id="plan-panel" title={users.plan}>
      <p>
        <strong>{plan.name}</strong>{' '}
        {expiresAt !== null && (
          <span class="soft">
            {text.planUntil} <Time view={view} at={expiresAt} />
          </span>
        )}
      </p>
      <Form view={view} problem={problem} button={text.setPlan} look="plain">
        <Hidden name="form" value="plan" />
        <div class="pair">
          <Select
            name="plan"
            label={users.plan}
            value={values?.plan ?? plan.id}
            problem={problem}
            options={plans.map(({ id, name }) => [id, name])}
          />
          <Field
            name="plan_expires"
            type="date"
            label={text.planExpires}
            value={values?.plan_expires ?? (expiresAt === null ? '' : dateOf(expiresAt))}
            problem={problem}
          />
        </div>
        <Field
          name="plan_reason"
          label={users.reason}
          value={values?.plan_reason}
          problem={problem}
          maxlength={500}
        />
      </Form>
      <hr />
      <Limits {...part} />
    </Panel>
  );
}

const PERIODS = ['day', 'month'] as const;

function Limits({ visit: { view }, seen: { user, subscription }, shown }: UserPart) {
  const { user: text, users } = view.text.admin;
  const { problem, values } = refusedIn(shown, 'limits') ?? {};
  const own = user.customLimits;
  const resources = [...new Set([...Object.keys(subscription.plan.limits), ...Object.keys(own)])];
  const shownFor = (resource: string, period: 'day' | 'month') => {
    const limit = own[resource]?.[period];
    return values?.[limitField(resource, period)] ?? (limit === null ? UNLIMITED : limit?.toString());
  };
  return (
    <Form view={view} problem={problem} button={text.setLimits} look="plain">
      <Hidden name="form" value="limits" />
      <p class="hint" id="limits-hint">
        {text.limitsHint(UNLIMITED)}
      </p>
      <Table
        label={text.limits}
        head={
          <>
            <th scope="col">{text.resource}</th>
            {PERIODS.map((period) => (
              <th scope="col">{text.periods[period]}</th>
            ))}
          </>
        }
      >
        {resources.map((resource) => (
          <tr>
            <th scope="row">{resource}</th>
            {PERIODS.map((period) => {
              const name = limitField(resource, period);
              return (
                <td class="entry">
                  <input
                    id={name}
                    name={name}
                    value={shownFor(resource, period) ?? ''}
                    inputmode="numeric"
                    aria-label={`${resource}, ${text.periods[period]}`}
                    aria-invalid={problem?.fields[name] ? 'true' : undefined}
                    aria-describedby="limits-hint"
                    placeholder={inPlan(subscription.plan.limits[resource]?.[period])}
                  />
                </td>
              );
            })}
          </tr>
        ))}
      </Table>
      <Field
        name="limits_reason"
        label={users.reason}
        value={values?.limits_reason}
        problem={problem}
        maxlength={500}
      />
    </Form>
  );
}

function inPlan(limit: number | null | undefined): string | undefined {
  return limit === null ? UNLIMITED : limit?.toString();
}
