import { Hono } from 'hono';
import { z } from 'zod';
import type { OveragePrice, Plan } from '../../account/metering-contract.ts';
import type { Limits } from '../../directory/state.ts';
import { ApiError, fieldError } from '../../errors.ts';
import type { AppEnv } from '../../http/context.ts';
import { adminMessages, kitMessages, plansMessages } from '../../languages/messages.ts';
import { MeterField, PlanBody, PlanField, planOf } from '../../plans/schemas.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { resourceName } from '../kit/format.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, BackLink, NewEntryDialog, NewEntryFields } from './frame.tsx';
import { type LimitPeriod, limitField, limitsOf, limitText, PERIODS, parseLimit } from './limits.ts';
import { byPrice } from './plan-order.ts';
import { changedPlans, PlanMatrix } from './plans-matrix.tsx';
import { type AdminServices, adminArea } from './visit.ts';

const PATH = ADMIN_PAGES.plans;
const NewPlan = z.object({ id: PlanField, name: PlanBody.shape.name });
const CODES = { name: 'short_name', limits: 'resource', model_tiers: 'words', features: 'words' };
/** The field for the name of a resource that the plan does not have yet. */
const NEW_RESOURCE = 'new_resource';

/** The plans of a realm, and their editor. */
export function adminPlansPageRoutes(services: AdminServices) {
  const { billingAdmin, planAdmin, config } = services;
  const area = adminArea(services);
  const find = async (realmId: string, id = '') => {
    const plan = (await planAdmin.list(realmId)).find((one) => one.id === id);
    if (!plan) throw new ApiError('not_found');
    return plan;
  };
  const list = pageRoutes(area, {
    path: PATH,
    forms: {
      matrix: {
        act: async (_, { actor, realmId }, values) => {
          await planAdmin.saveAll(realmId, changedPlans(await planAdmin.list(realmId), values), actor);
          return 'saved';
        },
      },
      add: {
        act: async (c, { actor, realmId, view }, { id, name }) => {
          const plan = valid(NewPlan, { id, name }, CODES);
          const plans = await planAdmin.list(realmId);
          if (!plans.some((one) => one.id === plan.id)) {
            const nothing = { limits: {}, modelTiers: [], monthlyCredits: 0, features: [] };
            await planAdmin.save(realmId, { ...plan, ...nothing }, actor);
          }
          return c.redirect(view.link(`${PATH}/${plan.id}`), 303);
        },
      },
    },
    render: async (_, visit, shown) => {
      const { realmId, view } = visit;
      const text = plansMessages[view.language];
      const [known, prices] = await Promise.all([planAdmin.list(realmId), billingAdmin.prices(realmId)]);
      const plans = byPrice(known, prices);
      const addition = refusedIn(shown, 'add');
      return (
        <AdminFrame
          visit={visit}
          page="plans"
          shown={shown}
          act={
            <NewEntryDialog view={view} form="add" refused={addition} open={text.add} button={text.addButton}>
              <NewEntryFields refused={addition} text={text} />
            </NewEntryDialog>
          }
        >
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={adminMessages[view.language].pages.plans}>
            <PlanMatrix
              view={view}
              plans={plans}
              resources={config.RESOURCES}
              refused={refusedIn(shown, 'matrix')}
            />
          </section>
        </AdminFrame>
      );
    },
  });
  const one = pageRoutes(area, {
    path: `${PATH}/:id`,
    forms: {
      plan: {
        names: { limits: NEW_RESOURCE },
        act: async (c, { actor, realmId }, values) => {
          const { id } = await find(realmId, c.req.param('id'));
          const { monthly_credits: credits = '', rollover_credits = '' } = values;
          const rollover = parseLimit('rollover_credits', rollover_credits);
          const { reason, ...body } = valid(
            PlanBody,
            {
              name: values.name ?? '',
              limits: limitsWithNew(values),
              model_tiers: wordsOf(values.model_tiers),
              monthly_credits: /^\d+$/.test(credits) ? Number(credits) : -1,
              rollover_credits: rollover === undefined ? 0 : rollover,
              overage: overageOf(values),
              features: wordsOf(values.features),
              reason: values.reason?.trim() || undefined,
            },
            CODES,
          );
          await planAdmin.save(realmId, planOf(id, body), actor, reason);
          return 'saved';
        },
      },
    },
    render: async (c, visit, shown) => {
      const plan = await find(visit.realmId, c.req.param('id'));
      const resources = [...new Set([...config.RESOURCES, ...Object.keys(plan.limits)])];
      return (
        <AdminFrame visit={visit} page="plans" title={plan.name} shown={shown}>
          <section class="panel" aria-label={plan.name}>
            <PlanForm
              view={visit.view}
              plan={plan}
              resources={resources}
              refused={refusedIn(shown, 'plan')}
            />
          </section>
          <BackLink visit={visit} page="plans" />
        </AdminFrame>
      );
    },
  });
  return new Hono<AppEnv>().route('/', list).route('/', one);
}

/** Everything of a plan but its id. */
function PlanForm(props: { view: View; plan: Plan; resources: string[]; refused: RefusedForm | undefined }) {
  const { view, plan, resources, refused } = props;
  const text = plansMessages[view.language];
  const limits = resources.flatMap((resource) =>
    PERIODS.map((period) => [limitField(resource, period), limitText(view, plan.limits[resource]?.[period])]),
  );
  const of = fieldsOf(refused, {
    name: plan.name,
    monthly_credits: plan.monthlyCredits,
    rollover_credits: limitText(view, plan.rolloverCredits ?? (plan.rolloverCredits === null ? null : 0)),
    model_tiers: plan.modelTiers.join(' '),
    features: plan.features.join(' '),
    ...Object.fromEntries(limits),
    ...Object.fromEntries(
      resources.map((resource) => [`overage.${resource}`, priceText(plan.overage?.[resource])]),
    ),
    'new.day': '',
    'new.month': '',
  });
  const field = (name: string) => ({ ...of(name), autocomplete: 'off' });
  return (
    <Form view={view} name="plan" problem={refused?.problem} button={kitMessages[view.language].save}>
      <div class="pair">
        <Field {...field('name')} label={text.name} required maxlength={100} />
        <Field {...field('monthly_credits')} label={text.credits} inputmode="numeric" />
      </div>
      <Field {...field('rollover_credits')} label={text.rollover} hint={text.rolloverHint} />
      <h2>{text.limits}</h2>
      <p class="hint">{text.limitsHint}</p>
      <p class="hint">{text.overageHint}</p>
      {resources.map((resource) => (
        <div class="pair">
          <Field {...field(limitField(resource, 'day'))} label={text.perDay(resourceName(view, resource))} />
          <Field
            {...field(limitField(resource, 'month'))}
            label={text.perMonth(resourceName(view, resource))}
          />
          <Field {...field(`overage.${resource}`)} label={text.overage(resourceName(view, resource))} />
        </div>
      ))}
      <Field {...field(NEW_RESOURCE)} label={text.newResource} hint={text.newResourceHint} maxlength={40} />
      <div class="pair">
        <Field {...field('new.day')} label={text.perDay(text.newResource)} />
        <Field {...field('new.month')} label={text.perMonth(text.newResource)} />
      </div>
      <div class="pair">
        <Field {...field('model_tiers')} label={text.tiers} hint={text.tiersHint} />
        <Field {...field('features')} label={text.features} hint={text.featuresHint} />
      </div>
      <Field {...field('reason')} label={adminMessages[view.language].reason} maxlength={500} />
    </Form>
  );
}

/** The limits that the form names, with those of a new resource. Throws 422, which names the field. */
function limitsWithNew(values: Record<string, string>): Limits {
  const limits = limitsOf(values);
  const name = values[NEW_RESOURCE]?.trim() ?? '';
  const added = PERIODS.flatMap((period) => {
    const limit = parseLimit(`new.${period}`, values[`new.${period}`] ?? '');
    return limit === undefined ? [] : [[period, limit] as [LimitPeriod, number | null]];
  });
  if (name === '' && added.length === 0) return limits;
  if (name === '') throw fieldError(NEW_RESOURCE, 'required', 'A limit is of a resource');
  const own = Object.hasOwn(limits, name) ? limits[name] : undefined;
  // Not every name is a safe key.
  const isResource = /^[a-z][a-z0-9_]*$/.test(name) && (added.length > 0 || own !== undefined);
  if (!isResource) throw fieldError(NEW_RESOURCE, 'resource', 'A resource has a limit');
  return { ...limits, [name]: { ...own, ...Object.fromEntries(added) } };
}

/** What the form says of prices beyond limits: `3`, or `1 / 1000`. Throws 422, which names the field. */
function overageOf(values: Record<string, string>): Record<string, OveragePrice> {
  const prices = new Map<string, OveragePrice>();
  for (const [field, value] of Object.entries(values)) {
    const [, resource] = /^overage\.([a-z][a-z0-9_]*)$/.exec(field) ?? [];
    if (resource === undefined || value.trim() === '') continue;
    // What begins otherwise than with a digit is the name of a meter's events.
    const meter = MeterField.safeParse(value.trim()).data;
    if (meter !== undefined) {
      prices.set(resource, { meter });
      continue;
    }
    const [, credits, per = '1'] = /^\s*([1-9]\d{0,8})\s*(?:\/\s*([1-9]\d{0,8})\s*)?$/.exec(value) ?? [];
    if (credits === undefined) throw fieldError(field, 'overage', 'Must be credits, or credits / units');
    prices.set(resource, { credits: Number(credits), per: Number(per) });
  }
  return Object.fromEntries(prices);
}

function priceText(price: OveragePrice | undefined): string {
  if (!price) return '';
  if ('meter' in price) return price.meter;
  return price.per === 1 ? `${price.credits}` : `${price.credits} / ${price.per}`;
}

function wordsOf(value = ''): string[] {
  return value.split(/[\s,]+/).filter(Boolean);
}
