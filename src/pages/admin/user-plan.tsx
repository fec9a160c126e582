import type { Limits } from '../../directory/state.ts';
import { adminMessages, userMessages, usersMessages } from '../../languages/messages.ts';
import { dateOf } from '../../lib/calendar.ts';
import { controlAttributes, Field, fieldsOf, Select } from '../kit/form.tsx';
import { resourceName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Entry, Panel, Time } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ActDialog } from './act-dialog.tsx';
import { limitField, limitText, PERIODS } from './limits.ts';
import type { readPlan, UserPanelProps } from './user-data.ts';

/** The plan of a user, and limits of their own. */
export function UserPlanPanel(
  props: UserPanelProps & Pick<Awaited<ReturnType<typeof readPlan>>, 'subscription' | 'plans'>,
) {
  const { visit, user, shown, subscription, plans } = props;
  const { view } = visit;
  const { expiresAt, plan } = subscription;
  return (
    <PlanPanel
      view={view}
      shown={shown}
      title={usersMessages[view.language].plan}
      plan={plan}
      expiresAt={expiresAt}
      options={plans.map(({ id, name }) => [id, name])}
      own={user.customLimits}
    />
  );
}

/** The plan of a user or an organization and until when, limits of their own, and the dialogs that change them. */
export function PlanPanel(props: {
  view: View;
  shown: Shown;
  title: string;
  plan: { id: string; name: string; limits: Limits };
  expiresAt: number | null;
  options: [id: string, name: string][];
  own: Limits;
}) {
  const { view, shown, title, plan, expiresAt, options, own } = props;
  const text = userMessages[view.language];
  const field = fieldsOf(refusedIn(shown, 'plan'), {
    plan: plan.id,
    plan_expires: expiresAt === null ? '' : dateOf(expiresAt),
  });
  const { periods } = adminMessages[view.language];
  const limits = Object.entries(own).flatMap(([resource, limit]) =>
    PERIODS.filter((period) => limit[period] !== undefined).map(
      (period) => `${resourceName(view, resource)} · ${periods[period]}: ${limitText(view, limit[period])}`,
    ),
  );
  return (
    <Panel id="plan-panel" title={title}>
      <ul class="rows">
        <Entry
          icon={<Icon name="layers" />}
          name={plan.name}
          about={[
            expiresAt !== null && (
              <>
                {text.planUntil} <Time view={view} at={expiresAt} />
              </>
            ),
          ]}
        >
          <ActDialog view={view} shown={shown} form="plan" open={text.setPlan}>
            <Select {...field('plan')} label={title} options={options} />
            <Field {...field('plan_expires')} type="date" label={text.planExpires} />
          </ActDialog>
        </Entry>
        <Entry
          icon={<Icon name="sliders-horizontal" />}
          name={text.limits}
          about={limits.length > 0 ? limits : [text.noLimits]}
        >
          <ActDialog
            view={view}
            shown={shown}
            form="limits"
            open={text.editLimits}
            title={text.limits}
            button={text.setLimits}
            isWide
          >
            <LimitsTable view={view} own={own} plan={plan.limits} shown={shown} />
          </ActDialog>
        </Entry>
      </ul>
    </Panel>
  );
}

/** The limits of a user or an organization in place of the plan's, to be filled in. */
function LimitsTable(props: { view: View; own: Limits; plan: Limits; shown: Shown }) {
  const { view, own, plan: limits, shown } = props;
  const text = userMessages[view.language];
  const { resource: resourceHead, periods } = adminMessages[view.language];
  const refused = refusedIn(shown, 'limits');
  const resources = [...new Set([...Object.keys(limits), ...Object.keys(own)])];
  const rows = resources.map((resource) => (
    <tr>
      <th scope="row">{resourceName(view, resource)}</th>
      {PERIODS.map((period) => {
        const name = limitField(resource, period);
        return (
          <td class="entry">
            <input
              {...controlAttributes(name, refused?.problem)}
              value={refused?.values[name] ?? limitText(view, own[resource]?.[period])}
              aria-label={`${resourceName(view, resource)}, ${periods[period]}`}
              aria-describedby="limits-hint"
              placeholder={limitText(view, limits[resource]?.[period]) || undefined}
            />
          </td>
        );
      })}
    </tr>
  ));
  return (
    <>
      <p class="hint" id="limits-hint">
        {text.limitsHint}
      </p>
      <Table
        label={text.limits}
        columns={[resourceHead, ...PERIODS.map((period) => periods[period])]}
        rows={rows}
      />
    </>
  );
}
