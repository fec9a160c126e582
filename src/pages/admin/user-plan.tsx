import type { Limits } from '../../directory/state.ts';
import { adminMessages, userMessages, usersMessages } from '../../languages/messages.ts';
import { dateOf } from '../../lib/calendar.ts';
import { controlAttributes, Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Panel, Time } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { limitField, limitText, PERIODS } from './limits.ts';
import type { UserPanelProps } from './user-data.ts';

/** The plan of a user, and limits of their own. */
export function UserPlanPanel(panel: UserPanelProps) {
  const { visit, data, shown } = panel;
  const { view } = visit;
  const text = userMessages[view.language];
  const { plan: title } = usersMessages[view.language];
  const { expiresAt, plan } = data.subscription;
  const refused = refusedIn(shown, 'plan');
  const field = fieldsOf(refused, {
    plan: plan.id,
    plan_expires: expiresAt === null ? '' : dateOf(expiresAt),
  });
  return (
    <Panel id="plan-panel" title={title}>
      <p>
        <strong>{plan.name}</strong>{' '}
        {expiresAt !== null && (
          <span class="soft">
            {text.planUntil} <Time view={view} at={expiresAt} />
          </span>
        )}
      </p>
      <Form view={view} name="plan" problem={refused?.problem} button={text.setPlan} look="plain">
        <div class="pair">
          <Select {...field('plan')} label={title} options={data.plans.map(({ id, name }) => [id, name])} />
          <Field {...field('plan_expires')} type="date" label={text.planExpires} />
        </div>
        <Field {...field('plan_reason')} label={adminMessages[view.language].reason} maxlength={500} />
      </Form>
      <hr />
      <LimitsForm
        view={view}
        own={data.user.customLimits}
        plan={data.subscription.plan.limits}
        shown={shown}
      />
    </Panel>
  );
}

/** The limits of a user or an organization in place of the plan's. */
export function LimitsForm(props: { view: View; own: Limits; plan: Limits; shown: Shown }) {
  const { view, own, plan: limits, shown } = props;
  const text = userMessages[view.language];
  const { resource: resourceHead, periods } = adminMessages[view.language];
  const refused = refusedIn(shown, 'limits');
  const resources = [...new Set([...Object.keys(limits), ...Object.keys(own)])];
  const rows = resources.map((resource) => (
    <tr>
      <th scope="row">{resource}</th>
      {PERIODS.map((period) => {
        const name = limitField(resource, period);
        return (
          <td class="entry">
            <input
              {...controlAttributes(name, refused?.problem)}
              value={refused?.values[name] ?? limitText(view, own[resource]?.[period])}
              aria-label={`${resource}, ${periods[period]}`}
              aria-describedby="limits-hint"
              placeholder={limitText(view, limits[resource]?.[period]) || undefined}
            />
          </td>
        );
      })}
    </tr>
  ));
  return (
    <Form view={view} name="limits" problem={refused?.problem} button={text.setLimits} look="plain">
      <p class="hint" id="limits-hint">
        {text.limitsHint}
      </p>
      <Table
        label={text.limits}
        columns={[resourceHead, ...PERIODS.map((period) => periods[period])]}
        rows={rows}
      />
      <Field
        {...fieldsOf(refused)('limits_reason')}
        label={adminMessages[view.language].reason}
        maxlength={500}
      />
    </Form>
  );
}
