import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { billingFailures, billingLevel, subjectOf } from './billing-level.ts';
import { BillingEmailBody, PayerPlanBody, PayerPlanSchema, PayerQuery, payerPlanShape } from './schemas.ts';
import type { Billing, Payer } from './service.ts';

/** `/v1/billing/subscription`, `/v1/billing/email`: what a payer has chosen, of whichever kind the payer is. */
export function payerRoutes(billing: Billing, levels: Levels) {
  const planOf = async (payer: Payer) => {
    const { row, paid } = await billing.plan(payer, null);
    return payerPlanShape(row, paid);
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'billing.subscription.get',
        method: 'get',
        path: '/v1/billing/subscription',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'query' }),
        summary: 'The plan of a user or an organization, and what is paid for it',
        request: { query: PayerQuery },
        responses: responses({ 200: json(PayerPlanSchema, 'The plan') }, billingFailures()),
      }),
      async (c) => c.json(await planOf(subjectOf(c)), 200),
    )
    .openapi(
      createRoute({
        operationId: 'billing.subscription.update',
        method: 'put',
        path: '/v1/billing/subscription',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'body', changes: true, fresh: true, audit: 'plan_chosen' }),
        summary: 'Choose a plan for a user or an organization',
        description:
          'As `PUT /v1/me/subscription`: a paid plan begins at once; `free`, or `organization` for an organization, when what is paid for ends. A plan that is paid by seat is paid for as many members as there are, or for `seats`.',
        request: jsonBody(PayerPlanBody),
        responses: responses(
          { 200: json(PayerPlanSchema, 'The plan') },
          billingFailures('payment_required', 'payment_failed', 'conflict'),
        ),
      }),
      async (c) => {
        const { plan, seats } = c.req.valid('json');
        const payer = subjectOf(c);
        await billing.choosePlan(payer, { plan }, seats);
        return c.json(await planOf(payer), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.email.set',
        method: 'put',
        path: '/v1/billing/email',
        tags: ['Billing'],
        level: billingLevel(levels, {
          subject: 'body',
          changes: true,
          fresh: true,
          audit: 'billing_email_set',
        }),
        summary: 'Say where mails about what an organization pays go',
        description:
          'Stripe has it within minutes. The address before and the new one are told by mail. A user has one address for everything.',
        request: jsonBody(BillingEmailBody),
        responses: responses({ 204: { description: 'It is said' } }, billingFailures('conflict')),
      }),
      async (c) => {
        const { email } = c.req.valid('json');
        await billing.setEmail(subjectOf(c), email, actorOf(c).id);
        return c.body(null, 204);
      },
    );
}
