import { z } from '@hono/zod-openapi';
import { fieldError } from '../errors.ts';
import { IdempotencyHeader, ReferenceField } from '../http/idempotency.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { payerNames, payerOf } from '../plans/payer-schemas.ts';
import {
  CommitBody,
  ConsumeBody,
  ConsumedSchema,
  countedShape,
  QuotaReportSchema,
  quotaReportShape,
  ReleaseBody,
  ReservationSchema,
  ReserveBody,
  reservationShape,
} from './schemas.ts';
import type { Usage } from './service.ts';

const Reference = z.object({ reference: ReferenceField });
const NOBODY = ['user_not_found', 'organization_not_found', 'not_a_member'] as const;
const REFUSALS = [
  ...NOBODY,
  'account_suspended',
  'organization_suspended',
  'resource_not_in_plan',
  'quota_exceeded',
  'insufficient_credits',
  'cap_exceeded',
] as const;

/** Use of quota by services. */
export function usageServiceRoutes(usage: Usage, levels: Levels) {
  const service = {
    tags: ['Usage'],
    level: levels.service('usage:write'),
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'usage.record',
        method: 'post',
        path: '/v1/usage',
        ...service,
        summary: 'Use quota',
        description:
          'Checks and counts in one step. What is beyond the quota is charged in the same step where the plan has a price for it (`overage`). With a `reference`, or an `Idempotency-Key`, it counts once; a refusal may be tried again. Needs `usage:write`.',
        request: { headers: IdempotencyHeader, ...jsonBody(ConsumeBody) },
        responses: responses(
          { 200: json(ConsumedSchema, 'Counted') },
          { body: true, codes: [...REFUSALS, 'reference_reused'] },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const { resource, quantity, reference } = body;
        const counted = await usage.consume(payerOf(body, c.get('realm').id, c.get('service').keyId), {
          resource,
          quantity,
          reference: reference ?? c.req.valid('header')['idempotency-key'] ?? null,
        });
        return c.json({ ...payerNames(body), ...countedShape(counted) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'usage.reservations.create',
        method: 'post',
        path: '/v1/usage/reservations',
        ...service,
        summary: 'Reserve quota',
        description:
          'Holds it, and the credits for what is beyond the quota where the plan has a price for that, under a `reference` (or `Idempotency-Key`), which is needed, until it is committed or released, or expires. Needs `usage:write`.',
        request: { headers: IdempotencyHeader, ...jsonBody(ReserveBody) },
        responses: responses(
          { 200: json(ReservationSchema, 'Held') },
          { body: true, codes: [...REFUSALS, 'reference_reused'] },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const { resource, quantity } = body;
        const reference = body.reference ?? c.req.valid('header')['idempotency-key'];
        if (!reference) throw fieldError('reference', 'required', 'Names the reservation');
        const answer = await usage.reserve(payerOf(body, c.get('realm').id, c.get('service').keyId), {
          resource,
          quantity,
          reference,
          seconds: body.expires_in ?? null,
        });
        return c.json(reservationShape(answer), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'usage.reservations.commit',
        method: 'post',
        path: '/v1/usage/reservations/{reference}/commit',
        ...service,
        summary: 'Count what was used of a reservation',
        description:
          'It counts for the day on which it was made; the rest is free again. Needs `usage:write`.',
        request: { params: Reference, ...jsonBody(CommitBody) },
        responses: responses(
          { 200: json(ReservationSchema, 'Counted') },
          {
            body: true,
            codes: [
              ...NOBODY,
              'reservation_not_found',
              'reservation_ended',
              'reservation_exceeded',
              'insufficient_credits',
            ],
          },
        ),
      }),
      async (c) => {
        const body = c.req.valid('json');
        const answer = await usage.commit(payerOf(body, c.get('realm').id, c.get('service').keyId), {
          reference: c.req.valid('param').reference,
          quantity: body.quantity ?? null,
        });
        return c.json(reservationShape(answer), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'usage.reservations.release',
        method: 'post',
        path: '/v1/usage/reservations/{reference}/release',
        ...service,
        summary: 'Give a reservation up',
        description: 'Needs `usage:write`.',
        request: { params: Reference, ...jsonBody(ReleaseBody) },
        responses: responses(
          { 200: json(ReservationSchema, 'Free again') },
          {
            body: true,
            codes: [...NOBODY, 'reservation_not_found', 'reservation_ended'],
          },
        ),
      }),
      async (c) => {
        const payer = payerOf(c.req.valid('json'), c.get('realm').id, c.get('service').keyId);
        return c.json(reservationShape(await usage.release(payer, c.req.valid('param').reference)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'users.quota.get',
        method: 'get',
        path: '/v1/users/{id}/quota',
        tags: ['Usage'],
        summary: 'What a user has left of each resource',
        description: 'For services with the scope `usage:write`, for admins, and for the user.',
        level: levels.serviceOrUser('usage:write', { subject: 'path', impersonation: true }),
        request: { params: z.object({ id: z.string() }) },
        responses: responses(
          { 200: json(QuotaReportSchema, 'By resource; exact') },
          { codes: ['user_not_found'] },
        ),
      }),
      async (c) => {
        const userId = c.get('subject');
        return c.json(quotaReportShape(await usage.quotas({ userId, realmId: c.get('realm').id })), 200);
      },
    );
}
