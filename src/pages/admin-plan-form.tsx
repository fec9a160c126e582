import type { Plan } from '../account/metering-contract.ts';
import type { Limits } from '../directory/state.ts';
import { fieldError } from '../errors.ts';
import type { Shown } from './account-page.tsx';
import { Field } from './form.tsx';
import { CATALOGUES } from './messages.ts';
import type { View } from './view.ts';

const NEW = 'new_resource';
/** Also what was written before the language was changed. */
const UNLIMITED = Object.values(CATALOGUES).map(({ adminOperations }) => adminOperations.plans.unlimited);

/** Everything of a plan but its id. */
export function PlanFields(props: {
  view: View;
  plan: Plan;
  resources: string[];
  refused: Shown['refused'];
}) {
  const { view, plan, resources, refused } = props;
  const text = view.text.adminOperations.plans;
  const { problem, values } = refused ?? {};
  const bound = (limit: number | null | undefined) =>
    limit === null ? text.unlimited : limit === undefined ? '' : String(limit);
  const limitField = (name: string, label: string, limit?: number | null) => (
    <Field
      name={name}
      label={label}
      value={values?.[name] ?? bound(limit)}
      problem={problem}
      autocomplete="off"
    />
  );
  return (
    <>
      <div class="pair">
        <Field
          name="name"
          label={text.name}
          value={values?.name ?? plan.name}
          problem={problem}
          required
          maxlength={100}
          autocomplete="off"
        />
        <Field
          name="monthly_credits"
          label={text.credits}
          value={values?.monthly_credits ?? String(plan.monthlyCredits)}
          problem={problem}
          inputmode="numeric"
          autocomplete="off"
        />
      </div>
      <h2>{text.limits}</h2>
      <p class="hint">{text.limitsHint}</p>
      {resources.map((resource) => (
        <div class="pair">
          {limitField(`limits.${resource}.day`, text.perDay(resource), plan.limits[resource]?.day)}
          {limitField(`limits.${resource}.month`, text.perMonth(resource), plan.limits[resource]?.month)}
        </div>
      ))}
      <Field
        name={NEW}
        label={text.newResource}
        hint={text.newResourceHint}
        value={values?.[NEW]}
        problem={problem}
        maxlength={40}
        autocomplete="off"
      />
      <div class="pair">
        {limitField('new.day', text.perDay(text.newResource))}
        {limitField('new.month', text.perMonth(text.newResource))}
      </div>
      <div class="pair">
        <Field
          name="model_tiers"
          label={text.tiers}
          hint={text.tiersHint}
          value={values?.model_tiers ?? plan.modelTiers.join(' ')}
          problem={problem}
          autocomplete="off"
        />
        <Field
          name="features"
          label={text.features}
          hint={text.featuresHint}
          value={values?.features ?? plan.features.join(' ')}
          problem={problem}
          autocomplete="off"
        />
      </div>
      <Field
        name="reason"
        label={view.text.admin.users.reason}
        value={values?.reason}
        problem={problem}
        maxlength={500}
        autocomplete="off"
      />
    </>
  );
}

/** The limits that a form names. Throws 422 for what is no limit. */
export function limitsOf(values: Record<string, string>): Limits {
  const limits: Limits = {};
  const added = values[NEW]?.trim() ?? '';
  for (const [field, value] of Object.entries(values)) {
    const [, known, period] = /^(?:limits\.([a-z][a-z0-9_]*)|new)\.(day|month)$/.exec(field) ?? [];
    const limit = period && limitOf(field, value.trim());
    if (!period || limit === undefined || limit === '') continue;
    const resource = known ?? added;
    if (resource === '') throw fieldError(NEW, 'required', 'A limit is of a resource');
    limits[resource] = { ...(Object.hasOwn(limits, resource) && limits[resource]), [period]: limit };
  }
  if (added && !Object.hasOwn(limits, added)) throw fieldError(NEW, 'resource', 'A resource has a limit');
  return limits;
}

/** A limit as people write it: null is unlimited, undefined is none. */
function limitOf(field: string, value: string): number | null | undefined {
  if (value === '') return undefined;
  if (UNLIMITED.includes(value.toLowerCase())) return null;
  if (!/^\d{1,15}$/.test(value)) throw fieldError(field, 'plan_limit', 'Must be a whole number or unlimited');
  return Number(value);
}
