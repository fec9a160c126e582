import { z } from '@hono/zod-openapi';
import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import {
  DeliveryListSchema,
  DeliveryQuery,
  DeliverySchema,
  DeliveryWithLog,
  deliveryLogShape,
  deliveryShape,
  NewWebhook,
  WebhookListSchema,
  WebhookPatch,
  WebhookReplay,
  WebhookReplayed,
  WebhookRotation,
  WebhookSchema,
  WebhookWithSecret,
  webhookShape,
} from './schemas.ts';
import type { ShownEndpoint, WebhookEndpoints } from './service.ts';

const PATH = '/v1/admin/webhooks';
const WebhookId = z.object({ id: z.string() });
const DeliveryId = z.object({ id: z.string(), delivery: z.string() });

const shape = ({ row, publicKeys }: ShownEndpoint) => webhookShape(row, publicKeys);
const shapeWithSecret = (shown: ShownEndpoint & { secret: string }) => ({
  ...shape(shown),
  secret: shown.secret,
});

/** `/v1/admin/webhooks`: where the events of a realm are sent to, and what came of it. */
export function webhookEndpointRoutes(webhooks: WebhookEndpoints, levels: Levels) {
  const read = { tags: ['Webhooks'], level: levels.admin() };
  const write = { tags: ['Webhooks'], level: levels.admin({ fresh: true }) };
  const refOf = (c: AppContext, id: string) => ({ id, realmId: c.get('realm').id });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.list',
        method: 'get',
        path: PATH,
        ...read,
        summary: 'Where events are sent to',
        description: 'All of the realm, in the order in which they were made.',
        responses: responses({ 200: json(WebhookListSchema, 'All of them') }, {}),
      }),
      async (c) => {
        const rows = await webhooks.list(c.get('realm').id);
        const page = { rows, nextCursor: null, total: rows.length, totalIsExact: true };
        return c.json(listShape(page, shape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.create',
        method: 'post',
        path: PATH,
        ...write,
        summary: 'Have events sent somewhere',
        description:
          'By Standard Webhooks: what happens from now on is posted there, signed. Twenty a realm at most.',
        request: jsonBody(NewWebhook),
        responses: responses(
          { 201: json(WebhookWithSecret, 'The endpoint, with its secret') },
          { body: true },
        ),
      }),
      async (c) =>
        c.json(
          shapeWithSecret(await webhooks.create(c.get('realm').id, c.req.valid('json'), actorOf(c))),
          201,
        ),
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.get',
        method: 'get',
        path: `${PATH}/{id}`,
        ...read,
        summary: 'An endpoint',
        request: { params: WebhookId },
        responses: responses({ 200: json(WebhookSchema, 'The endpoint') }, { codes: ['webhook_not_found'] }),
      }),
      async (c) => c.json(shape(await webhooks.get(refOf(c, c.req.valid('param').id))), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.update',
        method: 'patch',
        path: `${PATH}/{id}`,
        ...write,
        summary: 'Change an endpoint',
        description:
          'Also what switches it off, and on again. What happens while it is off can be sent later.',
        request: { params: WebhookId, ...jsonBody(WebhookPatch) },
        responses: responses(
          { 200: json(WebhookSchema, 'The endpoint') },
          { body: true, codes: ['webhook_not_found', 'conflict'] },
        ),
      }),
      async (c) => {
        const ref = refOf(c, c.req.valid('param').id);
        return c.json(shape(await webhooks.update(ref, c.req.valid('json'), actorOf(c))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.delete',
        method: 'delete',
        path: `${PATH}/{id}`,
        ...write,
        summary: 'Delete an endpoint',
        description: 'With what was to be delivered to it.',
        request: { params: WebhookId },
        responses: responses({ 204: { description: 'Deleted' } }, { codes: ['webhook_not_found'] }),
      }),
      async (c) => {
        await webhooks.delete(refOf(c, c.req.valid('param').id), actorOf(c));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.rotate',
        method: 'post',
        path: `${PATH}/{id}/rotate`,
        ...write,
        summary: 'Give an endpoint another secret',
        description:
          'Until the overlap ends events are signed by both; another rotation ends the one before.',
        request: { params: WebhookId, ...jsonBody(WebhookRotation) },
        responses: responses(
          { 200: json(WebhookWithSecret, 'The endpoint, with its new secret') },
          { body: true, codes: ['webhook_not_found', 'conflict'] },
        ),
      }),
      async (c) => {
        const ref = refOf(c, c.req.valid('param').id);
        return c.json(shapeWithSecret(await webhooks.rotate(ref, c.req.valid('json'), actorOf(c))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.test',
        method: 'post',
        path: `${PATH}/{id}/test`,
        ...read,
        summary: 'Send an endpoint a test event',
        description: '`webhook.test`, to this endpoint alone, whatever events it wants.',
        request: { params: WebhookId },
        responses: responses({ 202: json(DeliverySchema, 'The delivery') }, { codes: ['webhook_not_found'] }),
      }),
      async (c) =>
        c.json(deliveryShape(await webhooks.test(refOf(c, c.req.valid('param').id), actorOf(c))), 202),
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.replay',
        method: 'post',
        path: `${PATH}/{id}/replay`,
        ...read,
        summary: 'Deliver events from a time on again',
        description: 'Under the same ids: a receiver that knows them does nothing twice.',
        request: { params: WebhookId, ...jsonBody(WebhookReplay) },
        responses: responses(
          { 202: json(WebhookReplayed, 'How many') },
          { body: true, codes: ['webhook_not_found'] },
        ),
      }),
      async (c) => {
        const ref = refOf(c, c.req.valid('param').id);
        return c.json({ count: await webhooks.replay(ref, c.req.valid('json'), actorOf(c)) }, 202);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.listDeliveries',
        method: 'get',
        path: `${PATH}/{id}/deliveries`,
        ...read,
        summary: 'What was and is to be delivered to an endpoint',
        description: 'Newest first, 30 days back.',
        request: { params: WebhookId, query: DeliveryQuery },
        responses: responses(
          { 200: json(DeliveryListSchema, 'A page') },
          { codes: ['webhook_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const page = await webhooks.deliveries(refOf(c, c.req.valid('param').id), c.req.valid('query'));
        return c.json(listShape(page, deliveryShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.getDelivery',
        method: 'get',
        path: `${PATH}/{id}/deliveries/{delivery}`,
        ...read,
        summary: 'A delivery, with what was posted and what was answered',
        request: { params: DeliveryId },
        responses: responses(
          { 200: json(DeliveryWithLog, 'The delivery') },
          { codes: ['webhook_not_found', 'webhook_delivery_not_found'] },
        ),
      }),
      async (c) => {
        const { id, delivery } = c.req.valid('param');
        return c.json(deliveryLogShape(await webhooks.delivery(refOf(c, id), delivery)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.webhooks.resend',
        method: 'post',
        path: `${PATH}/{id}/deliveries/{delivery}/resend`,
        ...read,
        summary: 'Deliver an event again',
        description: 'Under the same id, whatever came of it before.',
        request: { params: DeliveryId },
        responses: responses(
          { 202: json(DeliverySchema, 'The delivery') },
          { codes: ['webhook_not_found', 'webhook_delivery_not_found', 'conflict'] },
        ),
      }),
      async (c) => {
        const { id, delivery } = c.req.valid('param');
        return c.json(deliveryShape(await webhooks.resend(refOf(c, id), delivery, actorOf(c))), 202);
      },
    );
}
