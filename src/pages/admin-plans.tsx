import { Hono } from 'hono';
import { z } from 'zod';
import type { Plan } from '../account/metering-contract.ts';
import type { Limits } from '../directory/state.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from '../http/context.ts';
import { PlanBody, PlanField } from '../plans/schemas.ts';
import { Panel } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame, NumberHead, Table } from './admin-frame.tsx';
import { adminPage, backTo } from './admin-page.ts';
import { checked, saidOf } from './admin-parts.tsx';
import { limitsOf, PlanFields } from './admin-plan-form.tsx';
import type { AdminServices } from './admin-visit.ts';
import { Field, Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

const PATH = ADMIN_PAGES.plans;
const NewPlan = z.object({ id: PlanField, name: PlanBody.shape.name });
const CODES = { name: 'short_name', limits: 'resource', model_tiers: 'words', features: 'words' };

/** The plans of a realm, and their editor. */
export function adminPlanRoutes(services: AdminServices) {
  const { planAdmin, config } = services;
  const find = async (realmId: string, id: string) =>
    (await planAdmin.list(realmId)).find((plan) => plan.id === id);
  const list = adminPage(services, {
    path: PATH,
    forms: {
      add: {
        act: async (c, { actor, realmId, view }, { id, name }) => {
          const plan = checked(NewPlan, { id, name }, CODES);
          if (!(await find(realmId, plan.id))) {
            const nothing = { limits: {}, modelTiers: [], monthlyCredits: 0, features: [] };
            await planAdmin.save(realmId, { ...plan, ...nothing }, actor);
          }
          return c.redirect(view.link(`${PATH}/${plan.id}`), 303);
        },
      },
    },
    render: async (_, visit, shown) => {
      const { realmId, view } = visit;
      const text = view.text.adminOperations.plans;
      const refused = refusedIn(shown, 'add');
      const plans = await planAdmin.list(realmId);
      return (
        <AdminFrame visit={visit} page="plans" failed={refused !== undefined}>
          <p class="soft">{text.text}</p>
          <div class="panel">
            <Table
              label={view.text.admin.pages.plans}
              head={
                <>
                  <th scope="col">{text.plan}</th>
                  <th scope="col">{text.limits}</th>
                  <th scope="col">{text.tiers}</th>
                  <NumberHead>{text.credits}</NumberHead>
                  <th scope="col">{text.features}</th>
                </>
              }
            >
              {plans.map((plan) => (
                <PlanLine view={view} plan={plan} />
              ))}
            </Table>
          </div>
          <Panel id="add" title={text.add}>
            <Form view={view} problem={refused?.problem} button={text.addButton} look="plain">
              <Hidden name="form" value="add" />
              <div class="pair">
                <Field
                  name="id"
                  label={text.id}
                  hint={text.idHint}
                  problem={refused?.problem}
                  value={refused?.values.id}
                  required
                  maxlength={40}
                  autocomplete="off"
                />
                <Field
                  name="name"
                  label={text.name}
                  problem={refused?.problem}
                  value={refused?.values.name}
                  required
                  maxlength={100}
                  autocomplete="off"
                />
              </div>
            </Form>
          </Panel>
        </AdminFrame>
      );
    },
  });
  const one = adminPage(services, {
    path: `${PATH}/:id`,
    forms: {
      plan: {
        act: async (c, visit, values) => {
          const plan = await find(visit.realmId, c.req.param('id') ?? '');
          if (!plan) throw new ApiError('not_found');
          const {
            model_tiers: modelTiers,
            monthly_credits: monthlyCredits,
            reason,
            ...same
          } = checked(
            PlanBody,
            {
              name: values.name ?? '',
              limits: limitsOf(values),
              model_tiers: wordsOf(values.model_tiers),
              monthly_credits: /^\d+$/.test(values.monthly_credits ?? '')
                ? Number(values.monthly_credits)
                : -1,
              features: wordsOf(values.features),
              reason: values.reason?.trim() || undefined,
            },
            CODES,
          );
          await planAdmin.save(
            visit.realmId,
            { ...same, id: plan.id, modelTiers, monthlyCredits },
            visit.actor,
            reason,
          );
          return backTo(c, visit, { done: 'saved' });
        },
        names: { limits: 'new_resource' },
      },
    },
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const common = view.text.adminOperations;
      const plan = await find(realmId, c.req.param('id') ?? '');
      if (!plan) throw new ApiError('not_found');
      const refused = refusedIn(shown, 'plan');
      const resources = [...new Set([...config.RESOURCES, ...Object.keys(plan.limits)])];
      return (
        <AdminFrame
          visit={visit}
          page="plans"
          title={plan.name}
          said={saidOf(view, shown.done)}
          failed={refused !== undefined}
        >
          <section class="panel" aria-label={plan.name}>
            <Form view={view} problem={refused?.problem} button={common.save}>
              <Hidden name="form" value="plan" />
              <PlanFields view={view} plan={plan} resources={resources} refused={refused} />
            </Form>
          </section>
          <p>
            <a href={view.link(PATH)}>{common.back}</a>
          </p>
        </AdminFrame>
      );
    },
  });
  return new Hono<AppEnv>().route('/', list).route('/', one);
}

function PlanLine({ view, plan }: { view: View; plan: Plan }) {
  return (
    <tr>
      <th scope="row">
        <a href={view.link(`${PATH}/${plan.id}`)}>{plan.name}</a>
        <div class="soft">
          <code>{plan.id}</code>
        </div>
      </th>
      <td>
        {limitTexts(view, plan.limits).map((limit) => (
          <div class="moment">{limit}</div>
        ))}
      </td>
      <td>{plan.modelTiers.join(', ') || '–'}</td>
      <td class="number">{plan.monthlyCredits.toLocaleString(view.language)}</td>
      <td>{plan.features.join(', ') || '–'}</td>
    </tr>
  );
}

function limitTexts(view: View, limits: Limits): string[] {
  const text = view.text.adminOperations.plans;
  const bound = (value: number | null) => value?.toLocaleString(view.language) ?? text.unlimited;
  const all = Object.entries(limits).map(([resource, { day, month }]) => {
    const periods = [
      day !== undefined && `${bound(day)} / ${text.day}`,
      month !== undefined && `${bound(month)} / ${text.month}`,
    ];
    return `${resource}: ${periods.filter(Boolean).join(', ')}`;
  });
  return all.length > 0 ? all : [text.nothing];
}

function wordsOf(value = ''): string[] {
  return value.split(/[\s,]+/).filter(Boolean);
}
