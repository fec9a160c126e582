import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../lib/time.ts';
import { MappingSchema } from './mapping.ts';
import { SOURCE_NAMES } from './service-mappings.ts';
import type { imports } from './tables.ts';

/** Rows of one request. */
export const MAX_ROWS = 1000;
/** Rows of one import. */
const MAX_NUMBER = 1_000_000_000;

/** What an import is called. */
export const ImportId = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/);

const mapping = z
  .string()
  .max(16_384)
  .transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'Is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(MappingSchema)
  .default(() => MappingSchema.parse({}))
  .openapi({
    type: 'string',
    description:
      'JSON: `columns` (their name → ours, null leaves it behind), `values` (our column → their value → ours) and `hash` (how hashes without a notation of their own are written); see `/docs/guides/import`',
    example:
      '{"columns":{"tier":"plan","is_admin":"role"},"values":{"role":{"true":"admin","false":"user"}}}',
  });

export const ImportQuery = z.object({
  import_id: ImportId.optional().openapi({
    description: 'Names the import that these rows are of. Rows that it has done already are not done again.',
  }),
  first_row: z.coerce.number().int().min(1).max(MAX_NUMBER).default(1).openapi({
    type: 'integer',
    description: 'The number of the first row in the import. Requests come in order.',
  }),
  dry_run: z
    .enum(['true', 'false', '1', '0'])
    .default('false')
    .transform((value) => value === 'true' || value === '1')
    .openapi({ type: 'string', description: 'Say what would happen, and change nothing' }),
  on_existing: z.enum(['skip', 'error']).default('skip').openapi({
    description: 'What becomes of a row whose address a user has. That user is never changed.',
  }),
  service: z.enum(SOURCE_NAMES).optional().openapi({
    description:
      'Read the rows as this service has them in its users table, or this system in its export; `mapping` is laid over that',
  }),
  source: z.string().trim().max(100).optional().openapi({
    description:
      'Which system the `external_id` of the rows is of; that of `service` unless given. Ids of different sources may be the same',
  }),
  mapping,
});

export const ImportResultSchema = z
  .object({
    import_id: z.string(),
    dry_run: z.boolean(),
    imported: z.int(),
    skipped: z.int().openapi({ description: 'There is a user with the address' }),
    failed: z.int(),
    repeated: z.int().openapi({ description: 'Done by an earlier request of this import' }),
    errors: z.array(
      z.object({
        row: z.int().openapi({ description: 'Number in the import' }),
        line: z.int().openapi({ description: 'Line of this request where the row begins' }),
        column: z.string().nullable(),
        code: z.string(),
        message: z.string(),
      }),
    ),
  })
  .openapi('ImportResult');

export const ImportSchema = z
  .object({
    id: z.string(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    through_row: z.int().openapi({ description: 'Rows up to this one are done' }),
    imported: z.int().openapi({ description: 'How many of them became users' }),
  })
  .openapi('Import');

/** An import's row as it goes over the wire. */
export function importShape(row: typeof imports.$inferSelect): z.infer<typeof ImportSchema> {
  return {
    id: row.id,
    created_by: row.createdBy,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
    through_row: row.throughRow,
    imported: row.imported,
  };
}
