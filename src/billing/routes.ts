import { z } from '@hono/zod-openapi';
import type { AppContext } from '../http/context.ts';
import { IdempotencyHeader } from '../http/idempotency.ts';
import {
  createRoute,
  featureRouter,
  json,
  jsonBody,
  responses,
  SERVICE_OR_USER_SECURITY,
} from '../http/openapi.ts';
import { type Access, requireServiceOrVerified, subjectOf } from '../http/service-authentication.ts';
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
import type { Billing, Choice, Payer } from './service.ts';

const FAILURES = {
  user: true,
  service: true,
  body: true,
  codes: ['email_not_verified', 'user_not_found', 'billing_not_configured'] as const,
};
const MethodId = z.object({ id: z.string() });

/** `/v1/billing`: paying, for the user who asks, or by a service for any. */
export function billingRoutes(billing: Billing, access: Access) {
  const payer = {
    tags: ['Billing'],
    security: SERVICE_OR_USER_SECURITY,
    middleware: requireServiceOrVerified(access, 'billing:write'),
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'billing.checkout.create',
        method: 'post',
        path: '/v1/billing/checkout',
        ...payer,
        summary: 'Open a checkout for a plan or a pack of credits',
        description:
          'The browser goes to `url`. What was bought is there when Stripe says that it was paid. The same `Idempotency-Key` gives the same checkout again.',
        request: { headers: IdempotencyHeader, ...jsonBody(CheckoutBody) },
        responses: responses(
          { 201: json(OpenedCheckoutSchema, 'The checkout') },
          failuresWith('price_not_found', 'subscription_exists', 'conflict', 'reference_reused'),
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const back = { successUrl: body.success_url, cancelUrl: body.cancel_url };
        const reference = c.req.valid('header')['idempotency-key'];
        const opened = await billing.checkout(
          payerOf(c, body),
          choiceOf(body),
          body.quantity,
          back,
          reference,
        );
        return c.json(opened, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.portal.create',
        method: 'post',
        path: '/v1/billing/portal',
        ...payer,
        summary: 'Open Stripe’s portal',
        description: 'Where the user sees to cards, invoices and the subscription.',
        request: jsonBody(PortalBody),
        responses: responses({ 201: json(AddressSchema, 'Its address') }, failuresWith()),
      }),
      async (c) => {
        const body = c.req.valid('json');
        return c.json({ url: await billing.portal(payerOf(c, body), body.return_url) }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.setupIntent.create',
        method: 'post',
        path: '/v1/billing/setup-intent',
        ...payer,
        summary: 'Prepare to add a way to pay',
        description:
          'Stripe.js in the browser sends the card to Stripe with the secret; it never comes here.',
        request: jsonBody(PayerBody),
        responses: responses({ 201: json(SetupIntentSchema, 'The setup intent') }, failuresWith()),
      }),
      async (c) => {
        const { id, clientSecret } = await billing.setupIntent(payerOf(c, c.req.valid('json')));
        return c.json({ id, client_secret: clientSecret }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.subscriptions.create',
        method: 'post',
        path: '/v1/billing/subscriptions',
        ...payer,
        summary: 'Begin a subscription with a way to pay that is known',
        description:
          'A 402 has a `checkout_url` to go on with. The same `Idempotency-Key` gives the same subscription again.',
        request: { headers: IdempotencyHeader, ...jsonBody(SubscribeBody) },
        responses: responses(
          { 201: json(PaidSubscriptionSchema, 'The subscription') },
          failuresWith(
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
          payerOf(c, body),
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
        ...payer,
        summary: 'The ways to pay that are known',
        request: { query: PayerQuery },
        responses: responses({ 200: json(PaymentMethodListSchema, 'All of them') }, failuresWith()),
      }),
      async (c) => {
        const { methods, defaultId } = await billing.paymentMethods(payerOf(c, c.req.valid('query')));
        const data = methods.map((method) => paymentMethodShape(method, defaultId));
        return c.json({ data, next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.paymentMethods.setDefault',
        method: 'put',
        path: '/v1/billing/payment-methods/{id}/default',
        ...payer,
        summary: 'Pay by this from now on',
        request: { params: MethodId, query: PayerQuery },
        responses: responses(
          { 204: { description: 'It is the default' } },
          failuresWith('payment_method_not_found'),
        ),
      }),
      async (c) => {
        await billing.setDefaultPaymentMethod(payerOf(c, c.req.valid('query')), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.paymentMethods.delete',
        method: 'delete',
        path: '/v1/billing/payment-methods/{id}',
        ...payer,
        summary: 'Forget a way to pay',
        request: { params: MethodId, query: PayerQuery },
        responses: responses(
          { 204: { description: 'It is forgotten' } },
          failuresWith('payment_method_not_found'),
        ),
      }),
      async (c) => {
        await billing.detachPaymentMethod(payerOf(c, c.req.valid('query')), c.req.valid('param').id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'billing.invoices.list',
        method: 'get',
        path: '/v1/billing/invoices',
        ...payer,
        summary: 'Invoices, newest first',
        request: { query: InvoiceQuery },
        responses: responses({ 200: json(InvoiceListSchema, 'A page') }, failuresWith()),
      }),
      async (c) => {
        const { user_id, limit, cursor } = c.req.valid('query');
        const { invoices, nextCursor } = await billing.invoices(payerOf(c, { user_id }), { limit, cursor });
        return c.json({ data: invoices.map(invoiceShape), next_cursor: nextCursor }, 200);
      },
    );
}

function failuresWith(...codes: Parameters<typeof responses>[1]['codes'] & {}) {
  return { ...FAILURES, codes: [...FAILURES.codes, ...codes] };
}

function payerOf(c: AppContext, { user_id }: { user_id?: string | undefined }): Payer {
  return { userId: subjectOf(c, user_id), realmId: c.get('realm').id };
}

/** One of the two is there: the schema says so. */
function choiceOf({ plan, price_id }: { plan?: string; price_id?: string }): Choice {
  return plan === undefined ? { priceId: price_id ?? '' } : { plan };
}
