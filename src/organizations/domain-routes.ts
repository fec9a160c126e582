import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { rfc3339 } from '../lib/time.ts';
import { type Domains, recordOf } from './domain-service.ts';
import { DomainPatch, JoinsAs, NewDomain, OrganizationParams } from './schemas.ts';
import type { Organizations } from './service.ts';
import type { DomainRow } from './tables.ts';

const TAGS = ['Organizations'];
const REFUSED = [
  'organization_not_found',
  'insufficient_permission',
  'organization_suspended',
  'conflict',
] as const;

const DomainParams = OrganizationParams.extend({ domain_id: z.string().max(100) });
const DomainSchema = z
  .object({
    id: z.string(),
    domain: z.string(),
    record: z.object({ type: z.literal('TXT'), name: z.string(), value: z.string() }).openapi({
      description: 'What DNS has to say, so that it is verified',
    }),
    joins_as: JoinsAs,
    verified_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('OrganizationDomain');
const DomainListSchema = z
  .object({ data: z.array(DomainSchema), next_cursor: z.string().nullable() })
  .openapi('OrganizationDomainList');

function domainShape(row: DomainRow): z.infer<typeof DomainSchema> {
  return {
    id: row.id,
    domain: row.domain,
    record: recordOf(row),
    joins_as: row.joinsAs,
    verified_at: row.verifiedAt === null ? null : rfc3339(row.verifiedAt),
    created_at: rfc3339(row.createdAt),
  };
}

/** Domains of organizations, each for who has the permission `domains:manage`. */
export function domainRoutes(organizations: Organizations, domains: Domains, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'organizations.domains.list',
        method: 'get',
        path: '/v1/organizations/{id}/domains',
        tags: TAGS,
        summary: 'Its domains',
        description: 'Needs the permission `domains:manage`.',
        level: levels.user({ impersonation: true }),
        request: { params: OrganizationParams },
        responses: responses(
          { 200: json(DomainListSchema, 'The domains') },
          { codes: [...REFUSED, 'validation_failed'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const principal = c.get('principal');
        await organizations.admit(c.get('realm'), id, principal, 'domains:manage');
        const rows = await domains.list(id, principal.bookmark);
        return c.json({ data: rows.map(domainShape), next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.domains.add',
        method: 'post',
        path: '/v1/organizations/{id}/domains',
        tags: TAGS,
        summary: 'Name a domain',
        description:
          'Needs the permission `domains:manage`. The answer says which TXT record has to be there before it is verified; naming it again gives the same.',
        level: levels.verified(),
        request: { params: OrganizationParams, ...jsonBody(NewDomain) },
        responses: responses({ 201: json(DomainSchema, 'The domain') }, { body: true, codes: REFUSED }),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'domains:manage');
        const { domain, joins_as } = c.req.valid('json');
        return c.json(domainShape(await domains.add(by, { domain, joinsAs: joins_as })), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.domains.update',
        method: 'patch',
        path: '/v1/organizations/{id}/domains/{domain_id}',
        tags: TAGS,
        summary: 'Change as what users of a domain join by themselves',
        description: 'Needs the permission `domains:manage`, and a role that may no more than one’s own.',
        level: levels.verified(),
        request: { params: DomainParams, ...jsonBody(DomainPatch) },
        responses: responses(
          { 200: json(DomainSchema, 'The domain as changed') },
          { body: true, codes: [...REFUSED, 'domain_not_found'] },
        ),
      }),
      async (c) => {
        const { id, domain_id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'domains:manage');
        const row = await domains.setJoining(by, domain_id, c.req.valid('json').joins_as);
        return c.json(domainShape(row), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.domains.verify',
        method: 'post',
        path: '/v1/organizations/{id}/domains/{domain_id}/verify',
        tags: TAGS,
        summary: 'Look for the record',
        description: 'Needs the permission `domains:manage`. One organization of a realm has a domain.',
        level: levels.verified(),
        request: { params: DomainParams },
        responses: responses(
          { 200: json(DomainSchema, 'The domain, which is verified') },
          {
            codes: [
              ...REFUSED,
              'domain_not_found',
              'domain_unverified',
              'domain_taken',
              'validation_failed',
              'origin_not_allowed',
            ],
          },
        ),
      }),
      async (c) => {
        const { id, domain_id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'domains:manage');
        return c.json(domainShape(await domains.verify(by, domain_id)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'organizations.domains.remove',
        method: 'delete',
        path: '/v1/organizations/{id}/domains/{domain_id}',
        tags: TAGS,
        summary: 'Give a domain up',
        description: 'Needs the permission `domains:manage`. Whoever has joined by it stays.',
        level: levels.verified(),
        request: { params: DomainParams },
        responses: responses(
          { 204: { description: 'Given up' } },
          { codes: [...REFUSED, 'domain_not_found', 'validation_failed', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        const { id, domain_id } = c.req.valid('param');
        const by = await organizations.admit(c.get('realm'), id, c.get('principal'), 'domains:manage');
        await domains.remove(by, domain_id);
        return c.body(null, 204);
      },
    );
}
