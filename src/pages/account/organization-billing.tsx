import { BillingEmailBody } from '../../billing/schemas.ts';
import type { Payer } from '../../billing/service.ts';
import { ORGANIZATION_PLAN } from '../../directory/state.ts';
import type { AppContext } from '../../http/context.ts';
import type { MoneyAct } from '../../http/money-act.ts';
import { billingMessages } from '../../languages/messages.ts';
import type { Admitted } from '../../organizations/service.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { type PageForm, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Panel } from '../kit/panel.tsx';
import type { Visit } from '../kit/visit.ts';
import { StripePanels } from './billing.tsx';
import { organizationBillingState } from './billing-data.ts';
import { billingForms } from './billing-forms.tsx';
import { CurrentPlanPanel } from './billing-plan.tsx';
import type { AccountServices } from './visit.ts';

/** Forms without a field to blame. */
const PLACELESS = [
  'plan',
  'resume',
  'end',
  'credits',
  'portal',
  'method_default',
  'method_remove',
  'top_up_end',
];

/** As what the audit log has each form: by the name of the operation that does the same. */
const ACTS: Record<string, MoneyAct> = {
  plan: 'plan_chosen',
  resume: 'plan_chosen',
  seats: 'plan_chosen',
  end: 'plan_chosen',
  credits: 'checkout_opened',
  portal: 'billing_portal_opened',
  method_default: 'payment_method_default_set',
  method_remove: 'payment_method_removed',
  top_up: 'top_up_set',
  top_up_end: 'top_up_ended',
  billing_email: 'billing_email_set',
};

/** What members who may do about paying, on the page of their organization. */
export function organizationBillingForms(
  { billing }: AccountServices,
  payerOf: (c: AppContext, visit: Visit) => Promise<Payer>,
): Record<string, PageForm<Visit>> {
  const forms: Record<string, PageForm<Visit>> = {
    ...billingForms(billing, payerOf, ORGANIZATION_PLAN),
    billing_email: {
      verified: true,
      fresh: true,
      act: async (c, visit, { email = '' }) => {
        const payer = await payerOf(c, visit);
        const body = valid(BillingEmailBody, { organization_id: payer.payerId, email: email || null });
        await billing.setEmail(payer, body.email, visit.principal.userId);
        return 'email_set';
      },
    },
  };
  const noted = ([name, form]: [string, PageForm<Visit>]): [string, PageForm<Visit>] => {
    const action = ACTS[name];
    if (!action) throw new Error(`the audit log has no name for ${name}`);
    const act: PageForm<Visit>['act'] = async (c, visit, values) => {
      const done = await form.act(c, visit, values);
      const payer = { payerId: c.req.param('id') ?? '', realmId: visit.view.realm.id };
      if (typeof done === 'string' || done.status < 400)
        await billing.note(payer, action, visit.principal.userId);
      return done;
    };
    return [name, { ...form, act }];
  };
  return Object.fromEntries(Object.entries(forms).map(noted));
}

/** The plan of an organization, seats, ways to pay, top-up and invoices, for members who may see them. */
export async function organizationBillingPanels(
  services: AccountServices,
  visit: Visit,
  by: Admitted,
  shown: Shown,
) {
  const { view } = visit;
  const text = billingMessages[view.language];
  const state = await organizationBillingState(services, visit, by);
  const { refused } = shown;
  const isPlaceless = refused && PLACELESS.includes(refused.form);
  const atEmail = refusedIn(shown, 'billing_email');
  const field = fieldsOf(atEmail, { email: state.email ?? '' });
  return (
    <>
      {isPlaceless && <Alert isFocused>{refused.problem.summary}</Alert>}
      <CurrentPlanPanel visit={visit} state={state} shown={shown} />
      <StripePanels visit={visit} state={state} shown={shown} />
      {state.mayChange && services.billing.isConfigured && (
        <Panel id="billing-email" title={text.billingEmail}>
          <Form
            view={view}
            name="billing_email"
            problem={atEmail?.problem}
            button={text.saveEmail}
            look="plain"
          >
            <Field {...field('email')} label={text.billingEmail} hint={text.billingEmailHint} type="email" />
          </Form>
        </Panel>
      )}
    </>
  );
}
