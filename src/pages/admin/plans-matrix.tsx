import type { Plan } from '../../account/metering-contract.ts';
import { ApiError } from '../../errors.ts';
import { adminMessages, kitMessages, plansMessages } from '../../languages/messages.ts';
import { PlanBody, planOf, planShape } from '../../plans/schemas.ts';
import { Form } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { formatNumber, resourceName } from '../kit/format.ts';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES } from './frame.tsx';
import { limitField, limitsOf, limitText, PERIODS } from './limits.ts';

/** What stands before the name of a field: of which plan it is. No id of a plan has a colon. */
const cellOf = (plan: string, field: string) => `${plan}:${field}`;

/** The limits of all plans in one table, which one button saves. What else a plan has is on its page, to which its name leads. */
export function PlanMatrix(props: {
  view: View;
  plans: Plan[];
  /** Those of the configuration; plans may limit others. */
  resources: string[];
  refused: RefusedForm | undefined;
}) {
  const { view, plans, refused } = props;
  const text = plansMessages[view.language];
  const { pages, periods } = adminMessages[view.language];
  const resources = [...new Set([...props.resources, ...plans.flatMap(({ limits }) => Object.keys(limits))])];
  const heads = plans.map(({ id, name }) => ({
    head: (
      <th scope="col">
        <a href={view.link(`${ADMIN_PAGES.plans}/${id}`)}>{name}</a>
      </th>
    ),
  }));
  const rows = resources.flatMap((resource) =>
    PERIODS.map((period) => (
      <tr>
        <th scope="row">
          {resourceName(view, resource)}
          <span class="soft"> · {periods[period]}</span>
        </th>
        {plans.map((plan) => {
          const name = cellOf(plan.id, limitField(resource, period));
          const problem = refused?.problem.fields[name];
          return (
            <td>
              <input
                id={name}
                name={name}
                aria-label={`${plan.name}: ${resourceName(view, resource)}, ${periods[period]}`}
                value={refused?.values[name] ?? limitText(view, plan.limits[resource]?.[period])}
                placeholder="–"
                autocomplete="off"
                aria-invalid={problem ? 'true' : undefined}
              />
            </td>
          );
        })}
      </tr>
    )),
  );
  const facts: [name: string, of: (plan: Plan) => string][] = [
    [text.credits, (plan) => formatNumber(view, plan.monthlyCredits)],
    [text.tiers, (plan) => plan.modelTiers.join(', ') || '–'],
    [text.features, (plan) => plan.features.join(', ') || '–'],
  ];
  return (
    <Form view={view} name="matrix" problem={refused?.problem} button={kitMessages[view.language].save}>
      <Table
        label={pages.plans}
        look="matrix"
        columns={[text.limits, ...heads]}
        rows={[
          ...rows,
          ...facts.map(([name, of]) => (
            <tr>
              <th scope="row">{name}</th>
              {plans.map((plan) => (
                <td>{of(plan)}</td>
              ))}
            </tr>
          )),
        ]}
      />
      <p class="hint">{text.limitsHint}</p>
    </Form>
  );
}

/**
 * The plans that a sent table changes, whole: each is held against what the API takes. A plan that the table does not show stays as it is.
 * Throws 422, which names the cell.
 */
export function changedPlans(plans: Plan[], values: Record<string, string>): Plan[] {
  return plans.flatMap((plan) => {
    const start = cellOf(plan.id, '');
    const own = Object.entries(values)
      .filter(([name]) => name.startsWith(start))
      .map(([name, value]) => [name.slice(start.length), value] as const);
    if (own.length === 0) return [];
    const { id, ...body } = planShape(plan);
    const limits = blamed(plan.id, () => limitsOf(Object.fromEntries(own)));
    const changed = blamed(plan.id, () => planOf(id, valid(PlanBody, { ...body, limits })));
    return JSON.stringify(sorted(changed.limits)) === JSON.stringify(sorted(body.limits)) ? [] : [changed];
  });
}

/** Makes a refusal of a limit name its cell. */
function blamed<Result>(plan: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ApiError && error.fields)) throw error;
    const fields = error.fields.map((field) => ({ ...field, path: cellOf(plan, field.path) }));
    throw new ApiError('validation_failed', { fields });
  }
}

/** Limits in one order, so that the same are written the same. */
function sorted(limits: Plan['limits']): unknown {
  return Object.entries(limits)
    .map(([resource, { day, month }]) => [resource, day, month])
    .sort(([one], [other]) => String(one).localeCompare(String(other)));
}
