import { z } from '@hono/zod-openapi';
import { IdempotencyHeader } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { billingFailures, billingLevel, subjectOf } from './billing-level.ts';
import {
  AddressSchema,
  CheckoutBody,
  InvoiceListSchema,
  InvoiceQuery,
  invoiceShape,
  OpenedCheckoutSchema,
  PaidSubscriptionSchema,
  PayerBody,
  PayerQuery,
  PaymentMethodListSchema,
  PortalBody,
  paidSubscriptionShape,
  paymentMethodShape,
  SetupIntentSchema,
  SubscribeBody,
} from './schemas.ts';
import type { Billing, Choice } from './service.ts';

const MethodId = z.object({ id: z.string() });

/** `/v1/billing`: paying, for the user who asks or an organization of theirs, or by a service for any. */
export function billingRoutes(billing: Billing, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'billing.checkout.create',
        method: 'post',
        path: '/v1/billing/checkout',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'body', changes: true, audit: 'checkout_opened' }),
        summary: 'Open a checkout for a plan or a pack of credits',
        description:
          'The browser goes to `url`. What was bought is there when Stripe says that it was paid. The same `Idempotency-Key` gives the same checkout again.',
        request: { headers: IdempotencyHeader, ...jsonBody(CheckoutBody) },
        responses: responses(
          { 201: json(OpenedCheckoutSchema, 'The checkout') },
          billingFailures('price_not_found', 'subscription_exists', 'conflict', 'reference_reused'),
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const back = { successUrl: body.success_url, cancelUrl: body.cancel_url };
        const reference = c.req.valid('header')['idempotency-key'];
        const opened = await billing.checkout(subjectOf(c), choiceOf(body), body.quantity, back, reference);
        return c.json(opened, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.portal.create',
        method: 'post',
        path: '/v1/billing/portal',
        tags: ['Billing'],
        level: billingLevel(levels, {
          subject: 'body',
          changes: true,
          fresh: true,
          audit: 'billing_portal_opened',
        }),
        summary: 'Open Stripe’s portal',
        description: 'Where the user sees to cards, invoices and the subscription.',
        request: jsonBody(PortalBody),
        responses: responses({ 201: json(AddressSchema, 'Its address') }, billingFailures()),
      }),
      async (c) => {
        const body = c.req.valid('json');
        return c.json({ url: await billing.portal(subjectOf(c), body.return_url) }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.setupIntent.create',
        method: 'post',
        path: '/v1/billing/setup-intent',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'body', changes: true, audit: 'setup_intent_created' }),
        summary: 'Prepare to add a way to pay',
        description:
          'Stripe.js in the browser sends the card to Stripe with the secret; it never comes here.',
        request: jsonBody(PayerBody),
        responses: responses({ 201: json(SetupIntentSchema, 'The setup intent') }, billingFailures()),
      }),
      async (c) => {
        const { id, clientSecret } = await billing.setupIntent(subjectOf(c));
        return c.json({ id, client_secret: clientSecret }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.subscriptions.create',
        method: 'post',
        path: '/v1/billing/subscriptions',
        tags: ['Billing'],
        level: billingLevel(levels, {
          subject: 'body',
          changes: true,
          fresh: true,
          audit: 'subscription_begun',
        }),
        summary: 'Begin a subscription with a way to pay that is known',
        description:
          'A 402 has a `checkout_url` to go on with. The same `Idempotency-Key` gives the same subscription again.',
        request: { headers: IdempotencyHeader, ...jsonBody(SubscribeBody) },
        responses: responses(
          { 201: json(PaidSubscriptionSchema, 'The subscription') },
          billingFailures(
            'price_not_found',
            'payment_method_not_found',
            'subscription_exists',
            'conflict',
            'payment_required',
            'payment_failed',
            'reference_reused',
          ),
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const row = await billing.subscribe(
          subjectOf(c),
          choiceOf(body),
          body.payment_method_id,
          c.req.valid('header')['idempotency-key'],
        );
        return c.json(paidSubscriptionShape(row), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.paymentMethods.list',
        method: 'get',
        path: '/v1/billing/payment-methods',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'query' }),
        summary: 'The ways to pay that are known',
        request: { query: PayerQuery },
        responses: responses({ 200: json(PaymentMethodListSchema, 'All of them') }, billingFailures()),
      }),
      async (c) => {
        const { methods, defaultId } = await billing.paymentMethods(subjectOf(c));
        const data = methods.map((method) => paymentMethodShape(method, defaultId));
        return c.json({ data, next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.paymentMethods.setDefault',
        method: 'put',
        path: '/v1/billing/payment-methods/{id}/default',
        tags: ['Billing'],
        level: billingLevel(levels, {
          subject: 'query',
          changes: true,
          fresh: true,
          audit: 'payment_method_default_set',
        }),
        summary: 'Pay by this from now on',
        request: { params: MethodId, query: PayerQuery },
        responses: responses(
          { 204: { description: 'It is the default' } },
          billingFailures('payment_method_not_found'),
        ),
      }),
      async (c) => {
        await billing.setDefaultPaymentMethod(subjectOf(c), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.paymentMethods.delete',
        method: 'delete',
        path: '/v1/billing/payment-methods/{id}',
        tags: ['Billing'],
        level: billingLevel(levels, {
          subject: 'query',
          changes: true,
          fresh: true,
          audit: 'payment_method_removed',
        }),
        summary: 'Forget a way to pay',
        request: { params: MethodId, query: PayerQuery },
        responses: responses(
          { 204: { description: 'It is forgotten' } },
          billingFailures('payment_method_not_found'),
        ),
      }),
      async (c) => {
        await billing.detachPaymentMethod(subjectOf(c), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.invoices.list',
        method: 'get',
        path: '/v1/billing/invoices',
        tags: ['Billing'],
        level: billingLevel(levels, { subject: 'query' }),
        summary: 'Invoices, newest first',
        request: { query: InvoiceQuery },
        responses: responses({ 200: json(InvoiceListSchema, 'A page') }, billingFailures()),
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid('query');
        const { invoices, nextCursor } = await billing.invoices(subjectOf(c), { limit, cursor });
        return c.json({ data: invoices.map(invoiceShape), next_cursor: nextCursor }, 200);
      },
    );
}

/** One of the two is there: the schema says so. */
function choiceOf({ plan, price_id }: { plan?: string; price_id?: string }): Choice {
  return plan === undefined ? { priceId: price_id ?? '' } : { plan };
}
