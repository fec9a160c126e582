import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import {
  MemberListSchema,
  MemberParams,
  MemberPatch,
  MemberQuery,
  MemberSchema,
  memberShape,
  OrganizationParams,
  OwnershipTransfer,
} from './schemas.ts';
import type { Organizations } from './service.ts';

const TAGS = ['Organizations'];
const REFUSED = [
  'organization_not_found',
  'member_not_found',
  'insufficient_permission',
  'organization_suspended',
  'last_organization_owner',
  'conflict',
] as const;

/** Who is in an organization, and as what. */
export function memberRoutes(organizations: Organizations, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.members.list',
        method: 'get',
        path: '/v1/organizations/{id}/members',
        tags: TAGS,
        summary: 'Who is in it',
        description: 'For members; whoever has had an account longest comes first.',
        level: levels.user({ impersonation: true }),
        request: { params: OrganizationParams, query: MemberQuery },
        responses: responses(
          { 200: json(MemberListSchema, 'A page') },
          { codes: ['organization_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { cursor, limit } = c.req.valid('query');
        const principal = c.get('principal');
        const { id } = c.req.valid('param');
        await organizations.admit(c.get('realm'), id, principal, null);
        const page = await organizations.listMembers(id, principal.bookmark, {
          after: cursor ?? null,
          limit,
        });
        return c.json({ data: page.rows.map(memberShape), next_cursor: page.nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.members.get',
        method: 'get',
        path: '/v1/organizations/{id}/members/{user_id}',
        tags: TAGS,
        summary: 'One member',
        level: levels.user({ impersonation: true }),
        request: { params: MemberParams },
        responses: responses(
          { 200: json(MemberSchema, 'The member') },
          { codes: ['organization_not_found', 'member_not_found', 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { id, user_id } = c.req.valid('param');
        await organizations.admit(c.get('realm'), id, c.get('principal'), null);
        return c.json(memberShape(await organizations.member(id, user_id)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.members.update',
        method: 'patch',
        path: '/v1/organizations/{id}/members/{user_id}',
        tags: TAGS,
        summary: 'Give a member another role',
        description:
          'Needs the permission `members:manage`. Nobody gives or takes a role that may what they may not. The last owner stays one.',
        level: levels.verified({ fresh: true }),
        request: { params: MemberParams, ...jsonBody(MemberPatch) },
        responses: responses(
          { 200: json(MemberSchema, 'The member as changed') },
          { body: true, codes: REFUSED },
        ),
      }),
      async (c) => {
        const { id, user_id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'members:manage');
        const changed = await organizations.changeRole(by, user_id, c.req.valid('json').role);
        return c.json(memberShape(changed), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.members.remove',
        method: 'delete',
        path: '/v1/organizations/{id}/members/{user_id}',
        tags: TAGS,
        summary: 'Remove a member, or leave',
        description:
          'Everybody may leave; to remove another needs the permission `members:manage`. It holds from the next decision on, whatever tokens say. The last owner stays.',
        level: levels.verified({ fresh: true }),
        request: { params: MemberParams },
        responses: responses(
          { 204: { description: 'No member any more' } },
          { codes: [...REFUSED, 'validation_failed', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id, user_id } = c.req.valid('param');
        const principal = c.get('principal');
        const permission = user_id === principal.userId ? null : ('members:manage' as const);
        const by = await organizations.admit(c.get('realm'), id, principal, permission);
        await organizations.removeMember(by, user_id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.transfer',
        method: 'post',
        path: '/v1/organizations/{id}/transfer',
        tags: TAGS,
        summary: 'Hand the organization over to another member',
        description: 'An owner makes another member owner and is an admin then: both or neither.',
        level: levels.verified({ fresh: true }),
        request: { params: OrganizationParams, ...jsonBody(OwnershipTransfer) },
        responses: responses({ 204: { description: 'Handed over' } }, { body: true, codes: REFUSED }),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'owners:manage');
        await organizations.transfer(by, c.req.valid('json').user_id);
        return c.body(null, 204);
      },
    );
}
