import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { rolesOf } from '../lib/organization-roles.ts';
import type { Domains } from './domain-service.ts';
import {
  MembershipListSchema,
  MembershipQuery,
  MembershipSchema,
  membershipShape,
  NewOrganization,
  OrganizationChoice,
  OrganizationParams,
  OrganizationPatch,
  OrganizationSchema,
  organizationShape,
} from './schemas.ts';
import { type Organizations, policyOf } from './service.ts';

const ChosenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ description: 'Seconds' }),
    session_id: z.string(),
    membership: z.object(MembershipSchema.shape).nullable(),
  })
  .openapi('ChosenOrganizationTokens');

const TAGS = ['Organizations'];
const ABSENT = ['organization_not_found'] as const;
const REFUSED = [...ABSENT, 'insufficient_permission', 'organization_suspended', 'conflict'] as const;

/** Organizations, and in which of them a session goes on. */
export function organizationRoutes(
  organizations: Organizations,
  domains: Domains,
  levels: Levels,
  limit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.create',
        method: 'post',
        path: '/v1/organizations',
        tags: TAGS,
        summary: 'Make an organization, whose owner one is',
        description:
          'Its plan is `organization`, if the realm has one of that name; else nothing is used in it before an operator gives it another.',
        level: levels.verified(),
        limit,
        request: jsonBody(NewOrganization),
        responses: responses(
          { 201: json(MembershipSchema, 'The organization, and what the user is in it') },
          { body: true, codes: ['organizations_closed', 'slug_taken', 'too_many_organizations'] },
        ),
      }),
      async (c) => {
        const realm = c.get('realm');
        const { userId } = c.get('principal');
        const organization = await organizations.create(realm, userId, c.req.valid('json'), {
          actor: userId,
        });
        const { version, createdAt: joinedAt } = organization;
        const roles = rolesOf(policyOf(realm).roles);
        return c.json(membershipShape({ organization, role: 'owner', version, joinedAt }, roles), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.organizations.list',
        method: 'get',
        path: '/v1/me/organizations',
        tags: TAGS,
        summary: 'The organizations that one is in',
        description:
          'In the order in which the user joined. Whose proven address is of a domain that lets its users join by themselves is a member from this answer on.',
        level: levels.user({ impersonation: true }),
        request: { query: MembershipQuery },
        responses: responses({ 200: json(MembershipListSchema, 'A page') }, { codes: ['validation_failed'] }),
      }),
      async (c) => {
        const { cursor, limit } = c.req.valid('query');
        const principal = c.get('principal');
        if (cursor === undefined && principal.emailVerified && principal.impersonator === null) {
          await domains.joinByAddress(c.get('realm'), principal.userId);
        }
        const [joinedAt, id] = cursor?.split('.', 2) ?? [];
        const after: [number, string] | null = id === undefined ? null : [Number(joinedAt), id];
        const page = await organizations.listOwn(principal, { after, limit });
        const roles = rolesOf(policyOf(c.get('realm')).roles);
        return c.json(
          { data: page.rows.map((row) => membershipShape(row, roles)), next_cursor: page.nextCursor },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.session.organization',
        method: 'put',
        path: '/v1/auth/session/organization',
        tags: TAGS,
        summary: 'Go on in another organization, or in none',
        description:
          'Tokens of this session say it from then on (`org_id`, `org_role`, `org_permissions`), and sessions that begin later go on there. The answer has an access token that says so; the refresh token, or the cookie, stays.',
        level: levels.user(),
        request: jsonBody(OrganizationChoice),
        responses: responses(
          { 200: json(ChosenSchema, 'The new access token') },
          { body: true, codes: [...ABSENT, 'organization_suspended', 'not_a_member'] },
        ),
      }),
      async (c) => {
        const realm = c.get('realm');
        const { organization_id: id } = c.req.valid('json');
        const { grant, membership } = await organizations.choose(realm, c.get('principal'), id);
        return c.json(
          {
            access_token: grant.accessToken,
            token_type: 'Bearer' as const,
            expires_in: grant.expiresInSeconds,
            session_id: grant.session.sessionId,
            membership: membership && membershipShape(membership, rolesOf(policyOf(realm).roles)),
          },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.get',
        method: 'get',
        path: '/v1/organizations/{id}',
        tags: TAGS,
        summary: 'An organization that one is in',
        level: levels.user({ impersonation: true }),
        request: { params: OrganizationParams },
        responses: responses(
          { 200: json(MembershipSchema, 'The organization, and what the user is in it') },
          { codes: [...ABSENT, 'validation_failed'] },
        ),
      }),
      async (c) => {
        const own = await organizations.admit(
          c.get('realm'),
          c.req.valid('param').id,
          c.get('principal'),
          null,
        );
        return c.json(membershipShape(own, own.roles), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.update',
        method: 'patch',
        path: '/v1/organizations/{id}',
        tags: TAGS,
        summary: 'Change its name, slug or logo',
        description: 'Needs the permission `organization:update`.',
        level: levels.verified(),
        request: { params: OrganizationParams, ...jsonBody(OrganizationPatch) },
        responses: responses(
          { 200: json(OrganizationSchema, 'The organization as changed') },
          { body: true, codes: [...REFUSED, 'slug_taken'] },
        ),
      }),
      async (c) => {
        const by = await organizations.admit(
          c.get('realm'),
          c.req.valid('param').id,
          c.get('principal'),
          'organization:update',
        );
        return c.json(organizationShape(await organizations.update(by, c.req.valid('json'))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.delete',
        method: 'delete',
        path: '/v1/organizations/{id}',
        tags: TAGS,
        summary: 'Delete it, with everything in it',
        description: 'Needs the permission `organization:delete`, which owners have.',
        level: levels.verified({ fresh: true }),
        request: { params: OrganizationParams },
        responses: responses(
          { 204: { description: 'Deleted' } },
          { codes: [...REFUSED, 'validation_failed', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'organization:delete');
        await organizations.delete(by);
        return c.body(null, 204);
      },
    );
}
