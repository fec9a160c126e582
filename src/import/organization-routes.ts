import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { fileContent, limitFile, recordsOf } from './file-schemas.ts';
import {
  MAX_ORGANIZATIONS,
  OrganizationImportQuery,
  OrganizationImportResultSchema,
} from './organization-schemas.ts';
import type { OrganizationImport } from './organization-service.ts';

/** Members are a list: no table has them in a row. */
const NDJSON = { 'application/x-ndjson': 'ndjson', 'application/ndjson': 'ndjson' } as const;

/** `/v1/admin/organizations/import`: organizations of other systems move in, after their users. */
export function organizationImportRoutes(organizationImport: OrganizationImport, levels: Levels) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'admin.organizations.import',
      method: 'post',
      path: '/v1/admin/organizations/import',
      tags: ['Import'],
      level: levels.admin({ fresh: true }),
      middleware: limitFile,
      summary: 'Import organizations with their members',
      description: `NDJSON of at most 1 MiB and ${MAX_ORGANIZATIONS} rows: \`slug\`, \`name\`, \`members\` and what else an organization has. A row becomes a whole organization or is reported by row, line and column. One that is there, by its slug, is never changed, so that the same can be sent again. Users come first: see \`npm run organizations:import\`.`,
      request: {
        query: OrganizationImportQuery,
        body: { required: true, content: fileContent('application/x-ndjson') },
      },
      responses: responses(
        { 200: json(OrganizationImportResultSchema, 'What became of the rows') },
        {
          codes: ['payload_too_large', 'unsupported_media_type', 'validation_failed', 'origin_not_allowed'],
        },
      ),
    }),
    async (c) => {
      const { dry_run: dryRun, on_existing: onExisting, source } = c.req.valid('query');
      const records = await recordsOf(c, MAX_ORGANIZATIONS, NDJSON);
      const request = { realm: c.get('realm'), records, source, onExisting, dryRun };
      const result = await organizationImport.run(request, actorOf(c).id);
      return c.json({ dry_run: dryRun, ...result }, 200);
    },
  );
}
