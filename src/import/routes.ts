import { z } from '@hono/zod-openapi';
import { ApiError } from '../errors.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { newId } from '../lib/ids.ts';
import { fileContent, limitFile, recordsOf } from './file-schemas.ts';
import { ImportId, ImportQuery, ImportResultSchema, ImportSchema, importShape, MAX_ROWS } from './schemas.ts';
import type { UserImport } from './service.ts';
import { mappingOf } from './service-mappings.ts';

/** `/v1/admin/users/import` and `/v1/admin/imports`: users of other systems move in. */
export function importRoutes(userImport: UserImport, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.users.import',
        method: 'post',
        path: '/v1/admin/users/import',
        tags: ['Import'],
        level: levels.admin({ fresh: true }),
        middleware: limitFile,
        summary: 'Import users',
        description:
          'NDJSON or CSV of at most 1 MiB and 1,000 rows. A row becomes a whole user or is reported by row, line and column; nobody who is already there is changed. Password hashes of other systems are kept, and replaced at the first sign-in. Larger files go in several requests of one `import_id`, in order: see `npm run users:import`.',
        request: {
          query: ImportQuery,
          body: { required: true, content: fileContent('application/x-ndjson', 'text/csv') },
        },
        responses: responses(
          { 200: json(ImportResultSchema, 'What became of the rows') },
          {
            codes: [
              'import_out_of_order',
              'payload_too_large',
              'unsupported_media_type',
              'validation_failed',
              'origin_not_allowed',
            ],
          },
        ),
      }),
      async (c) => {
        const query = c.req.valid('query');
        const importId = query.import_id ?? newId('imp');
        const result = await userImport.run(
          {
            realmId: c.get('realm').id,
            jurisdiction: c.get('realm').jurisdiction,
            importId,
            source: query.source ?? query.service ?? '',
            records: await recordsOf(c, MAX_ROWS),
            firstRow: query.first_row,
            mapping: mappingOf(query.service, query.mapping),
            onExisting: query.on_existing,
            dryRun: query.dry_run,
          },
          actorOf(c),
        );
        return c.json({ import_id: importId, dry_run: query.dry_run, ...result }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.imports.get',
        method: 'get',
        path: '/v1/admin/imports/{id}',
        tags: ['Import'],
        level: levels.admin(),
        summary: 'How far an import has come',
        request: { params: z.object({ id: z.string() }) },
        responses: responses({ 200: json(ImportSchema, 'The import') }, { codes: ['import_not_found'] }),
      }),
      async (c) => {
        const importId = ImportId.safeParse(c.req.valid('param').id);
        if (!importId.success) throw new ApiError('import_not_found');
        const key = { realmId: c.get('realm').id, importId: importId.data };
        return c.json(importShape(await userImport.progress(key)), 200);
      },
    );
}
