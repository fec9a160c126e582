import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../http/context.ts';
import { clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { rolesOf } from '../lib/organization-roles.ts';
import type { Invitations } from './invitation-service.ts';
import {
  Acceptance,
  InvitationListSchema,
  InvitationParams,
  InvitationQuery,
  invitationShape,
  MadeInvitationSchema,
  MembershipSchema,
  membershipShape,
  NewInvitation,
  OrganizationParams,
  OwnInvitationListSchema,
} from './schemas.ts';
import { type Organizations, policyOf } from './service.ts';

const TAGS = ['Organizations'];
const REFUSED = [
  'organization_not_found',
  'insufficient_permission',
  'organization_suspended',
  'conflict',
] as const;

/** Invitations: made and withdrawn by who may, accepted by whoever has proved the address. */
export function invitationRoutes(
  organizations: Organizations,
  invitations: Invitations,
  levels: Levels,
  limit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.invitations.create',
        method: 'post',
        path: '/v1/organizations/{id}/invitations',
        tags: TAGS,
        summary: 'Invite somebody',
        description:
          'Needs the permission `invitations:manage`. It is for one address, or for any of a domain, and works once. To one address it goes by mail, in place of an earlier one, unless `deliver` is `link`. The answer says nothing of whether the address has an account.',
        level: levels.verified({
          fresh: {
            when: ({ role }) => role !== undefined && role !== 'member',
            says: 'to invite as more than `member`',
          },
        }),
        limit,
        request: { params: OrganizationParams, ...jsonBody(NewInvitation) },
        responses: responses(
          { 201: json(MadeInvitationSchema, 'The invitation') },
          { body: true, codes: [...REFUSED, 'member_exists', 'no_seat_left'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'invitations:manage');
        const { invitation, link } = await invitations.create(by, c.req.valid('json'), clientOf(c));
        return c.json({ ...invitationShape(invitation), link }, 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.invitations.list',
        method: 'get',
        path: '/v1/organizations/{id}/invitations',
        tags: TAGS,
        summary: 'The invitations that stand',
        description: 'Needs the permission `invitations:manage`.',
        level: levels.user({ impersonation: true }),
        request: { params: OrganizationParams, query: InvitationQuery },
        responses: responses(
          { 200: json(InvitationListSchema, 'A page') },
          { codes: [...REFUSED, 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const { cursor, limit: most } = c.req.valid('query');
        const principal = c.get('principal');
        await organizations.admit(c.get('realm'), id, principal, 'invitations:manage');
        const page = await invitations.list(id, principal.bookmark, { after: cursor ?? null, limit: most });
        return c.json({ data: page.rows.map(invitationShape), next_cursor: page.nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.invitations.revoke',
        method: 'delete',
        path: '/v1/organizations/{id}/invitations/{invitation_id}',
        tags: TAGS,
        summary: 'Withdraw an invitation',
        description: 'Needs the permission `invitations:manage`.',
        level: levels.verified(),
        request: { params: InvitationParams },
        responses: responses(
          { 204: { description: 'Withdrawn' } },
          { codes: [...REFUSED, 'invitation_not_found', 'validation_failed', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id, invitation_id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'invitations:manage');
        await invitations.revoke(by, invitation_id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.invitations.list',
        method: 'get',
        path: '/v1/me/invitations',
        tags: TAGS,
        summary: 'The invitations for the address of the user',
        description: 'At most 100, the oldest first. Those for a domain come by their link alone.',
        level: levels.verified(),
        responses: responses({ 200: json(OwnInvitationListSchema, 'The invitations') }, {}),
      }),
      async (c) => {
        const rows = await invitations.listOwn(c.get('principal').userId);
        const data = rows.map(({ invitation, organization }) => ({
          ...invitationShape(invitation),
          organization_name: organization.name,
          organization_logo: organization.logo,
        }));
        return c.json({ data, next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.invitations.accept',
        method: 'post',
        path: '/v1/organizations/invitations/accept',
        tags: TAGS,
        summary: 'Accept an invitation',
        description:
          'By the token of its link, or by its id. It is for whoever has proved the address, or one of the domain: to anybody else it is not there.',
        level: levels.verified(),
        limit,
        request: jsonBody(Acceptance),
        responses: responses(
          { 200: json(MembershipSchema, 'The organization, and what the user is in it') },
          {
            body: true,
            codes: [
              'invitation_not_found',
              'member_exists',
              'no_seat_left',
              'too_many_organizations',
              'organization_suspended',
            ],
          },
        ),
      }),
      async (c) => {
        const realm = c.get('realm');
        const { token, invitation_id } = c.req.valid('json');
        const by = token === undefined ? { invitationId: invitation_id as string } : { token };
        const own = await invitations.accept(realm, c.get('principal').userId, by);
        return c.json(membershipShape(own, rolesOf(policyOf(realm).roles)), 200);
      },
    );
}
