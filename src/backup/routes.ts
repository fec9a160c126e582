import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { BackupQuery, MAX_BYTES, RestoredSchema, RestoreQuery } from './schemas.ts';
import type { Backup } from './service.ts';

const NDJSON = 'application/x-ndjson';

const limitBytes = bodyLimit({
  maxSize: MAX_BYTES,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: 'At most 16 MiB.' });
  },
});

const file = { schema: z.string().openapi({ type: 'string', format: 'binary' }) };

/** `/v1/admin/backup`: what the databases do not have. */
export function backupRoutes(backup: Backup, levels: Levels) {
  const about = { tags: ['Admin: realms'], level: levels.owner({ fresh: true }) };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.backup.read',
        method: 'get',
        path: '/v1/admin/backup',
        ...about,
        summary: 'Read accounts for a backup',
        description:
          'A page of the accounts of all realms, organizations first, each as it was at one moment: sessions, log, quotas, credits, picture. Lines of JSON, compressed by gzip; the last has `next`, the cursor of the page that follows. See `npm run backup`, which copies the databases too, and encrypts. For owners.',
        request: { query: BackupQuery },
        responses: responses(
          { 200: { description: 'The page', content: { 'application/gzip': file } } },
          { codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { cursor, limit } = c.req.valid('query');
        const page = await backup.page(cursor, limit, actorOf(c));
        return c.body(page, 200, { 'Content-Type': 'application/gzip' }) as never;
      },
    )
    .openapi(
      createRoute({
        operationId: 'admin.backup.restore',
        method: 'post',
        path: '/v1/admin/backup',
        ...about,
        middleware: limitBytes,
        summary: 'Put accounts of a backup back',
        description:
          'Lines of such pages, those of an account in their order. The database has to have the users; accounts that somebody has used here are left as they are. See `npm run restore`. For owners.',
        request: {
          query: RestoreQuery,
          body: { required: true, content: { [NDJSON]: file } },
        },
        responses: responses(
          { 200: json(RestoredSchema, 'What became of them') },
          {
            codes: ['payload_too_large', 'unsupported_media_type', 'validation_failed', 'origin_not_allowed'],
          },
        ),
      }),
      async (c) => {
        const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
        if (type !== NDJSON) {
          throw new ApiError('unsupported_media_type', { detail: `Send \`Content-Type: ${NDJSON}\`.` });
        }
        const { backup_id, with_sessions } = c.req.valid('query');
        const text = new TextDecoder().decode(await c.req.arrayBuffer());
        return c.json(await backup.restore(text, backup_id, with_sessions, actorOf(c)), 200);
      },
    );
}
