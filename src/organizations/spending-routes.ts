import {
  standingShape,
  TransactionListSchema,
  TransactionQuery,
  transactionShape,
} from '../credits/schemas.ts';
import type { Credits } from '../credits/service.ts';
import type { AppContext } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import type { OrganizationPermission } from '../lib/organization-roles.ts';
import { CapsBody } from '../plans/caps-schemas.ts';
import { QuotaReportSchema, quotaReportShape } from '../usage/schemas.ts';
import type { Usage } from '../usage/service.ts';
import { MemberParams, OrganizationParams } from './schemas.ts';
import type { Organizations } from './service.ts';
import {
  afterOf,
  CapReportSchema,
  capReportShape,
  MemberCapsSchema,
  MemberSpendingQuery,
  MemberSpendingSchema,
  ModelSpendingSchema,
  memberCapsShape,
  modelSpendingShape,
  SharedBalanceSchema,
  SpendingQuery,
  SpendingSchema,
  spendingShape,
} from './spending-schemas.ts';
import type { OrganizationSpending } from './spending-service.ts';

const LOOKING = ['organization_not_found', 'validation_failed'] as const;
const REFUSED = [...LOOKING, 'insufficient_permission', 'organization_suspended'] as const;

/** What the members of an organization use together, and how much each may. */
export function spendingRoutes(
  {
    organizations,
    spending,
    usage,
    credits,
  }: {
    organizations: Organizations;
    spending: OrganizationSpending;
    usage: Usage;
    credits: Credits;
  },
  levels: Levels,
) {
  const looking = { tags: ['Organizations'], level: levels.user({ impersonation: true }) };
  /** Lets whoever asks look, if their role has the permission: who pays, and by whom it is asked. */
  const payer = async (c: AppContext, organizationId: string, permission: OrganizationPermission | null) => {
    const realm = c.get('realm');
    const { userId: actor } = c.get('principal');
    await organizations.admit(realm, organizationId, c.get('principal'), permission);
    return { organizationId, realmId: realm.id, userId: null, actor };
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.quota.get',
        method: 'get',
        path: '/v1/organizations/{id}/quota',
        ...looking,
        summary: 'What an organization has left of each resource',
        request: { params: OrganizationParams },
        responses: responses({ 200: json(QuotaReportSchema, 'By resource; exact') }, { codes: LOOKING }),
      }),
      async (c) => {
        const of = await payer(c, c.req.valid('param').id, null);
        return c.json(quotaReportShape(await usage.quotas(of)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.usage.get',
        method: 'get',
        path: '/v1/organizations/{id}/usage',
        ...looking,
        summary: 'What its members have used, by day',
        request: { params: OrganizationParams, query: SpendingQuery },
        responses: responses({ 200: json(SpendingSchema, 'Oldest first; exact') }, { codes: LOOKING }),
      }),
      async (c) => {
        const of = await payer(c, c.req.valid('param').id, null);
        return c.json(spendingShape(await spending.byDay(of, c.req.valid('query').days)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.usage.members.list',
        method: 'get',
        path: '/v1/organizations/{id}/usage/members',
        ...looking,
        summary: 'What each member has used',
        description: 'Needs the permission `usage:read`.',
        request: { params: OrganizationParams, query: MemberSpendingQuery },
        responses: responses({ 200: json(MemberSpendingSchema, 'A page; exact') }, { codes: REFUSED }),
      }),
      async (c) => {
        const { days, limit, cursor } = c.req.valid('query');
        const of = await payer(c, c.req.valid('param').id, 'usage:read');
        const page = await spending.byMember(of, days, { after: afterOf(cursor), limit });
        return c.json({ data: page.rows, next_cursor: page.nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.usage.models.list',
        method: 'get',
        path: '/v1/organizations/{id}/usage/models',
        ...looking,
        summary: 'What was used of each model',
        description: 'Needs the permission `usage:read`.',
        request: { params: OrganizationParams, query: SpendingQuery },
        responses: responses({ 200: json(ModelSpendingSchema, 'Most first; exact') }, { codes: REFUSED }),
      }),
      async (c) => {
        const of = await payer(c, c.req.valid('param').id, 'usage:read');
        return c.json(modelSpendingShape(await spending.byModel(of, c.req.valid('query').days)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.credits.get',
        method: 'get',
        path: '/v1/organizations/{id}/credits',
        ...looking,
        summary: 'The balance of an organization, by source',
        description: 'Needs the permission `credits:read`.',
        request: { params: OrganizationParams },
        responses: responses({ 200: json(SharedBalanceSchema, 'What can be spent now') }, { codes: REFUSED }),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const standing = await credits.standing(await payer(c, id, 'credits:read'));
        return c.json({ organization_id: id, ...standingShape(standing) }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.credits.transactions.list',
        method: 'get',
        path: '/v1/organizations/{id}/credits/transactions',
        ...looking,
        summary: 'The ledger of an organization',
        description: 'Newest first; exact. Needs the permission `credits:read`.',
        request: { params: OrganizationParams, query: TransactionQuery },
        responses: responses({ 200: json(TransactionListSchema, 'A page') }, { codes: REFUSED }),
      }),
      async (c) => {
        const of = await payer(c, c.req.valid('param').id, 'credits:read');
        const page = await credits.transactions(of, c.req.valid('query'));
        return c.json({ data: page.rows.map(transactionShape), next_cursor: page.nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.caps.get',
        method: 'get',
        path: '/v1/organizations/{id}/caps',
        ...looking,
        summary: 'What each member may use',
        request: { params: OrganizationParams },
        responses: responses({ 200: json(CapReportSchema, 'The caps of everybody') }, { codes: LOOKING }),
      }),
      async (c) => {
        const of = await payer(c, c.req.valid('param').id, null);
        return c.json(capReportShape(await spending.caps(of, null)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.caps.set',
        method: 'put',
        path: '/v1/organizations/{id}/caps',
        tags: ['Organizations'],
        level: levels.verified(),
        summary: 'Set what each member may use',
        description:
          'It holds from the next decision on, for members without a cap of their own. Needs the permission `caps:manage`.',
        request: { params: OrganizationParams, ...jsonBody(CapsBody) },
        responses: responses(
          { 200: json(CapReportSchema, 'The caps of everybody') },
          { body: true, codes: [...REFUSED, 'conflict', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'caps:manage');
        return c.json(capReportShape(await spending.setCaps(by, null, c.req.valid('json'))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.members.caps.get',
        method: 'get',
        path: '/v1/organizations/{id}/members/{user_id}/caps',
        ...looking,
        summary: 'What a member may use, and has used',
        description: 'Of others it needs the permission `caps:manage`.',
        request: { params: MemberParams },
        responses: responses(
          { 200: json(MemberCapsSchema, 'The caps') },
          { codes: [...REFUSED, 'member_not_found'] },
        ),
      }),
      async (c) => {
        const { id, user_id: userId } = c.req.valid('param');
        const isOwn = c.get('principal').userId === userId;
        const of = await payer(c, id, isOwn ? null : 'caps:manage');
        return c.json(memberCapsShape(await spending.caps(of, userId)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.members.caps.set',
        method: 'put',
        path: '/v1/organizations/{id}/members/{user_id}/caps',
        tags: ['Organizations'],
        level: levels.verified(),
        summary: 'Set what one member may use',
        description:
          'What it names holds in place of the cap of everybody; null of a day or month is unlimited. Needs the permission `caps:manage`.',
        request: { params: MemberParams, ...jsonBody(CapsBody) },
        responses: responses(
          { 200: json(MemberCapsSchema, 'The caps') },
          { body: true, codes: [...REFUSED, 'member_not_found', 'conflict', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id, user_id: userId } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'caps:manage');
        return c.json(memberCapsShape(await spending.setCaps(by, userId, c.req.valid('json'))), 200);
      },
    );
}
