import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import {
  BillingEventQuery,
  EventListSchema,
  EventSchema,
  eventShape,
  OverageQuery,
  PriceListBody,
  PriceListSchema,
  priceShape,
  ShortfallListSchema,
  ShortfallQuery,
} from './admin-schemas.ts';
import type { BillingAdmin } from './admin-service.ts';
import type { PriceMeaning } from './price-list.ts';
import { OverageListSchema, shortfallShape, troubledOverageShape } from './schemas.ts';
import type { PriceRow } from './tables.ts';

/** `/v1/admin/billing`: what prices stand for, and the events of Stripe. */
export function billingAdminRoutes(billing: BillingAdmin, levels: Levels) {
  const admin = {
    tags: ['Billing'],
    level: levels.admin(),
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.billing.prices.list',
        method: 'get',
        path: '/v1/admin/billing/prices',
        ...admin,
        summary: 'What prices of Stripe stand for',
        description: 'A realm without prices of its own has those of the default realm.',
        responses: responses({ 200: json(PriceListSchema, 'All of them') }, {}),
      }),
      async (c) => c.json(listShape(await billing.prices(c.get('realm').id)), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.billing.prices.replace',
        method: 'put',
        path: '/v1/admin/billing/prices',
        ...admin,
        summary: 'Say what prices of Stripe stand for',
        description:
          'In place of all that was said before, in the order in which they are offered. A recurring price stands for a plan, a single one for a pack of credits. Users keep what they have.',
        request: jsonBody(PriceListBody),
        responses: responses(
          { 200: json(PriceListSchema, 'All of them') },
          { body: true, codes: ['billing_not_configured'] },
        ),
      }),
      async (c) => {
        const meanings = c.req.valid('json').data.map(meaningOf);
        const rows = await billing.replacePrices(c.get('realm').id, meanings, actorOf(c).id);
        return c.json(listShape(rows), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.billing.events.list',
        method: 'get',
        path: '/v1/admin/billing/events',
        ...admin,
        summary: 'List the events of Stripe',
        description: 'Newest first. The default realm also has the events that belong to nobody.',
        request: { query: BillingEventQuery },
        responses: responses({ 200: json(EventListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { rows, total, nextCursor } = await billing.events(c.get('realm').id, c.req.valid('query'));
        return c.json({ data: rows.map(eventShape), next_cursor: nextCursor, total }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.billing.shortfalls.list',
        method: 'get',
        path: '/v1/admin/billing/shortfalls',
        ...admin,
        summary: 'Payments that were lost when their credits were used already',
        request: { query: ShortfallQuery },
        responses: responses({ 200: json(ShortfallListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const page = await billing.shortfalls(c.get('realm').id, c.req.valid('query'));
        const { rows, total, nextCursor } = page;
        return c.json({ data: rows.map(shortfallShape), next_cursor: nextCursor, total }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.billing.overage.list',
        method: 'get',
        path: '/v1/admin/billing/overage',
        ...admin,
        summary: 'Use beyond limits that Stripe has not taken, or counted otherwise',
        request: { query: OverageQuery },
        responses: responses({ 200: json(OverageListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const page = await billing.troubledOverage(c.get('realm').id, c.req.valid('query'));
        const { rows, total, nextCursor } = page;
        return c.json({ data: rows.map(troubledOverageShape), next_cursor: nextCursor, total }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.billing.events.replay',
        method: 'post',
        path: '/v1/admin/billing/events/{id}/replay',
        ...admin,
        summary: 'Handle an event again',
        description: 'As often as wanted: what it has brought already it does not bring again.',
        request: { params: z.object({ id: z.string() }) },
        responses: responses(
          { 200: json(EventSchema, 'What became of it') },
          {
            codes: ['billing_event_not_found', 'billing_not_configured', 'origin_not_allowed'],
          },
        ),
      }),
      async (c) => {
        const row = await billing.replay(c.get('realm').id, c.req.valid('param').id, actorOf(c).id);
        return c.json(eventShape(row), 200);
      },
    );
}

function listShape(rows: PriceRow[]) {
  return { data: rows.map(priceShape), next_cursor: null, total: rows.length };
}

/** Either is there: the schema says so. */
function meaningOf({
  price_id,
  plan,
  credits,
  seats,
  metered,
}: {
  price_id: string;
  plan?: string;
  credits?: number;
  seats?: 'members' | 'paid';
  metered?: string[];
}): PriceMeaning {
  return plan === undefined
    ? { priceId: price_id, credits: credits ?? 0 }
    : { priceId: price_id, plan, seats, metered };
}
