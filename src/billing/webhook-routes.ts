import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import type { BillingAdmin } from './admin-service.ts';
import { ReceivedSchema } from './schemas.ts';

/** An invoice of many lines is long. */
const MAX_BYTES = 1024 * 1024;

const limitWebhook = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: 'At most 1 MiB.' });
  },
});

/** `/v1/billing/webhook`: what Stripe tells. */
export function webhookRoutes(billing: BillingAdmin) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'billing.webhook.receive',
      method: 'post',
      path: '/v1/billing/webhook',
      level: PUBLIC,
      tags: ['Billing'],
      summary: 'Take a webhook of Stripe’s',
      description:
        'One endpoint for all realms. The body is an event as Stripe sends it, signed by `Stripe-Signature`; an event that was taken before changes nothing.',
      middleware: limitWebhook,
      request: { headers: z.object({ 'stripe-signature': z.string().optional() }) },
      responses: responses(
        { 200: json(ReceivedSchema, 'Taken') },
        {
          codes: [
            'invalid_signature',
            'origin_not_allowed',
            'payload_too_large',
            'billing_event_failed',
            'billing_not_configured',
          ],
        },
      ),
    }),
    async (c) => {
      await billing.receive(textOf(await c.req.arrayBuffer()), c.req.header('stripe-signature'));
      return c.json({ received: true as const }, 200);
    },
  );
}

/** The text that was signed, to the byte: nothing is replaced or left out. Throws `invalid_signature`. */
function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ApiError('invalid_signature');
  }
}
