import type { Levels } from '../http/levels.ts';
import { listShape } from '../http/list-schemas.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import type { OrganizationAdmin } from './admin-service.ts';
import {
  MemberAdminListSchema,
  MemberParams,
  MemberPatch,
  MemberQuery,
  MemberSchema,
  memberShape,
  NewMember,
  NewOrganizationFor,
  OrganizationAdminListSchema,
  OrganizationAdminPatch,
  OrganizationAdminQuery,
  OrganizationAdminSchema,
  OrganizationParams,
  organizationAdminShape,
} from './schemas.ts';
import type { Organizations } from './service.ts';

const TAGS = ['Admin: organizations'];
const PATH = '/v1/admin/organizations';
const ABSENT = ['organization_not_found'] as const;

/** Organizations of the realm, for operators and for the product's own services. */
export function organizationAdminRoutes(
  organizations: Organizations,
  admin: OrganizationAdmin,
  levels: Levels,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.organizations.list',
        method: 'get',
        path: PATH,
        tags: TAGS,
        summary: 'All organizations, by name',
        level: levels.admin(),
        request: { query: OrganizationAdminQuery },
        responses: responses(
          { 200: json(OrganizationAdminListSchema, 'A page') },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { limit, cursor, q, user_id: userId } = c.req.valid('query');
        const page = await admin.list(c.get('realm').id, { limit, q, userId, after: cursor ?? null });
        return c.json(listShape(page, organizationAdminShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.create',
        method: 'post',
        path: PATH,
        tags: TAGS,
        summary: 'Make an organization for a user',
        level: levels.admin(),
        request: jsonBody(NewOrganizationFor),
        responses: responses(
          { 201: json(OrganizationAdminSchema, 'The organization') },
          { body: true, codes: ['user_not_found', 'slug_taken', 'too_many_organizations', 'conflict'] },
        ),
      }),
      async (c) => {
        const made = await admin.create(c.get('realm'), c.req.valid('json'), actorOf(c).id);
        return c.json(organizationAdminShape(made), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.get',
        method: 'get',
        path: `${PATH}/{id}`,
        tags: TAGS,
        summary: 'One organization',
        level: levels.admin(),
        request: { params: OrganizationParams },
        responses: responses(
          { 200: json(OrganizationAdminSchema, 'The organization') },
          { codes: [...ABSENT, 'validation_failed'] },
        ),
      }),
      async (c) => {
        const by = await organizations.operate(c.get('realm'), c.req.valid('param').id, actorOf(c).id);
        return c.json(organizationAdminShape(by.organization), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.update',
        method: 'patch',
        path: `${PATH}/{id}`,
        tags: TAGS,
        summary: 'Change an organization, suspend it, or set its seats, its plan and its limits',
        description: 'Nothing is used in one that is suspended, and nobody changes anything in it.',
        level: levels.admin(),
        request: { params: OrganizationParams, ...jsonBody(OrganizationAdminPatch) },
        responses: responses(
          { 200: json(OrganizationAdminSchema, 'The organization as changed') },
          { body: true, codes: [...ABSENT, 'slug_taken', 'conflict'] },
        ),
      }),
      async (c) => {
        const by = await organizations.operate(c.get('realm'), c.req.valid('param').id, actorOf(c).id);
        return c.json(organizationAdminShape(await admin.update(by, c.req.valid('json'))), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.delete',
        method: 'delete',
        path: `${PATH}/{id}`,
        tags: TAGS,
        summary: 'Delete an organization, with everything in it',
        level: levels.admin({ fresh: true }),
        request: { params: OrganizationParams },
        responses: responses(
          { 204: { description: 'Deleted' } },
          { codes: [...ABSENT, 'conflict', 'validation_failed'] },
        ),
      }),
      async (c) => {
        await organizations.delete(
          await organizations.operate(c.get('realm'), c.req.valid('param').id, actorOf(c).id),
        );
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.members.list',
        method: 'get',
        path: `${PATH}/{id}/members`,
        tags: TAGS,
        summary: 'Who is in an organization',
        level: levels.admin(),
        request: { params: OrganizationParams, query: MemberQuery },
        responses: responses(
          { 200: json(MemberAdminListSchema, 'A page') },
          { codes: [...ABSENT, 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const { cursor, limit } = c.req.valid('query');
        await organizations.operate(c.get('realm'), id, actorOf(c).id);
        const page = await admin.listMembers(id, { after: cursor ?? null, limit });
        return c.json(listShape(page, memberShape), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.members.add',
        method: 'post',
        path: `${PATH}/{id}/members`,
        tags: TAGS,
        summary: 'Add a user to an organization',
        level: levels.admin(),
        request: { params: OrganizationParams, ...jsonBody(NewMember) },
        responses: responses(
          { 201: json(MemberSchema, 'The member') },
          {
            body: true,
            codes: [
              ...ABSENT,
              'user_not_found',
              'member_exists',
              'no_seat_left',
              'too_many_organizations',
              'conflict',
            ],
          },
        ),
      }),
      async (c) => {
        const by = await organizations.operate(c.get('realm'), c.req.valid('param').id, actorOf(c).id);
        const { user_id, role } = c.req.valid('json');
        return c.json(memberShape(await admin.addMember(by, user_id, role)), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.members.update',
        method: 'patch',
        path: `${PATH}/{id}/members/{user_id}`,
        tags: TAGS,
        summary: 'Give a member another role',
        level: levels.admin(),
        request: { params: MemberParams, ...jsonBody(MemberPatch) },
        responses: responses(
          { 200: json(MemberSchema, 'The member as changed') },
          { body: true, codes: [...ABSENT, 'member_not_found', 'last_organization_owner', 'conflict'] },
        ),
      }),
      async (c) => {
        const { id, user_id } = c.req.valid('param');
        const by = await organizations.operate(c.get('realm'), id, actorOf(c).id);
        return c.json(
          memberShape(await organizations.changeRole(by, user_id, c.req.valid('json').role)),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.organizations.members.remove',
        method: 'delete',
        path: `${PATH}/{id}/members/{user_id}`,
        tags: TAGS,
        summary: 'Remove a member',
        level: levels.admin(),
        request: { params: MemberParams },
        responses: responses(
          { 204: { description: 'No member any more' } },
          {
            codes: [
              ...ABSENT,
              'member_not_found',
              'last_organization_owner',
              'conflict',
              'validation_failed',
            ],
          },
        ),
      }),
      async (c) => {
        const { id, user_id } = c.req.valid('param');
        const by = await organizations.operate(c.get('realm'), id, actorOf(c).id);
        await organizations.removeMember(by, user_id);
        return c.body(null, 204);
      },
    );
}
