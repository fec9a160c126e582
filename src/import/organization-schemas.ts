import { z } from '@hono/zod-openapi';
import { EmailField } from '../directory/schemas.ts';
import { NewOrganization, OrganizationAdminPatch } from '../organizations/schemas.ts';
import { deadline, moment } from './row.ts';
import { ImportQuery, ImportResultSchema } from './schemas.ts';

/** Organizations of one request. */
export const MAX_ORGANIZATIONS = 100;
/** Members of one row, which has 64 KiB. */
const MAX_MEMBERS = 1000;

const { slug, name, logo } = NewOrganization.shape;
const { metadata, seats, status, plan } = OrganizationAdminPatch.shape;

/** A member by what the row knows of them: exactly one of an address, an id here, and an id of the other system. */
const ImportedMember = z
  .strictObject({
    email: EmailField.optional(),
    user_id: z.string().max(100).optional(),
    external_id: z
      .union([z.string().max(200), z.number()])
      .transform(String)
      .optional(),
    role: z.string().max(40).default('member'),
  })
  .refine(({ role: _, ...by }) => Object.values(by).filter((value) => value !== undefined).length === 1, {
    error: 'Must have one of email, user_id and external_id',
  });

/** A row of an import: an organization with all its members. */
export const OrganizationRecord = z.strictObject({
  slug: slug.unwrap(),
  name,
  logo,
  metadata,
  plan,
  plan_expires_at: deadline.nullish(),
  seats,
  status,
  created_at: moment.optional(),
  members: z
    .array(ImportedMember)
    .max(MAX_MEMBERS)
    .refine((members) => members.some(({ role }) => role === 'owner'), { error: 'Must have an owner' }),
});

export type OrganizationRecord = z.output<typeof OrganizationRecord>;

export const OrganizationImportQuery = z.object({
  dry_run: ImportQuery.shape.dry_run,
  on_existing: z.enum(['skip', 'error']).default('skip').openapi({
    description: 'What becomes of a row whose slug an organization has. That one is never changed.',
  }),
  source: z.string().trim().max(100).default('').openapi({
    description: 'Which system the `external_id` of members is of, as it was said when they were imported',
  }),
});

export const OrganizationImportResultSchema = z
  .object({
    dry_run: z.boolean(),
    imported: z.int(),
    skipped: z.int().openapi({ description: 'There is an organization with the slug' }),
    failed: z.int(),
    organizations: z
      .array(z.object({ row: z.int(), id: z.string(), slug: z.string() }))
      .openapi({ description: 'Those that were made; none where nothing is to change' }),
    errors: ImportResultSchema.shape.errors,
  })
  .openapi('OrganizationImportResult');
