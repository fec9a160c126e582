import { z } from '@hono/zod-openapi';
import { Reason } from '../directory/audit-schemas.ts';
import {
  EmailField,
  MetadataSchema,
  ProfileFields,
  ProfilePatch,
  UserSchema,
  userShape,
} from '../directory/schemas.ts';
import type { UserRow } from '../directory/tables.ts';
import { listOf, Moment, PageLimit } from '../http/list-schemas.ts';
import { rfc3339 } from '../lib/time.ts';
import { PasswordField } from '../passwords/schemas.ts';

const Role = z.enum(['user', 'admin', 'owner']);
const Status = z.enum(['active', 'suspended']);
const Plan = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);

/** Pages by number go no deeper: each row before them is read. */
export const MAX_OFFSET = 500;

export const UserQuery = z.object({
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
    .optional()
    .openapi({
      description:
        'What the e-mail address, the username, the name, the family name or the phone number begins with; or an id',
    }),
  status: Status.optional(),
  role: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(Role).max(3))
    .optional()
    .openapi({
      type: 'string',
      description: 'One of `user`, `admin`, `owner`, or several with commas',
      example: 'admin,owner',
    }),
  plan: Plan.optional(),
  email_verified: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .openapi({ type: 'boolean' }),
  anonymous: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .openapi({ type: 'boolean', description: 'Users who have not registered, or all others' }),
  created_after: Moment,
  created_before: Moment,
  sort: z
    .enum([
      'created_at',
      'last_login_at',
      'email',
      'username',
      'name',
      'role',
      'plan',
      'status',
      'email_verified',
    ])
    .default('created_at'),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: PageLimit,
  cursor: z.string().max(2000).optional().openapi({ description: '`next_cursor` of the page before' }),
  page: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .openapi({
      type: 'integer',
      description: `Instead of a cursor; no further than to row ${MAX_OFFSET}`,
    }),
});

export const UserListSchema = listOf(UserSchema).openapi('UserList');

export const AdminUserSchema = z
  .object({
    ...UserSchema.shape,
    plan_expires_at: z.iso.datetime().nullable(),
    custom_limits: z.record(z.string(), z.unknown()),
    last_active_on: z.iso.date().nullable(),
    has_password: z.boolean(),
    metadata: MetadataSchema,
  })
  .openapi('AdminUser');

export const NewUser = z
  .strictObject({
    email: EmailField,
    password: PasswordField.optional(),
    username: ProfileFields.username.optional(),
    name: ProfileFields.name.optional(),
    given_name: ProfileFields.given_name.optional(),
    family_name: ProfileFields.family_name.optional(),
    phone_number: ProfileFields.phone_number.optional(),
    country: ProfileFields.country.optional(),
    locale: ProfileFields.locale.optional(),
    role: Role.default('user'),
    plan: Plan.default('free'),
    email_verified: z.boolean().default(false),
    send_invitation: z.boolean().optional().openapi({
      description: 'Mail a link to set a password; the default is to do so when none is given',
    }),
  })
  .openapi('NewUser');

export const UserPatch = z
  .strictObject({ ...ProfilePatch.shape, email: EmailField.optional(), metadata: MetadataSchema.optional() })
  .openapi('UserPatch');

export const StatusChange = z
  .strictObject({ status: Status, reason: Reason.optional() })
  .openapi('UserStatusChange');

export const RoleChange = z.strictObject({ role: Role, reason: Reason.optional() }).openapi('UserRoleChange');

/** A user as an admin sees one. */
export function adminUserShape(user: UserRow, hasPassword: boolean): z.infer<typeof AdminUserSchema> {
  return {
    ...userShape(user),
    plan_expires_at: user.planExpiresAt === null ? null : rfc3339(user.planExpiresAt),
    custom_limits: user.customLimits,
    last_active_on: user.lastActiveOn,
    has_password: hasPassword,
    metadata: user.metadata,
  };
}
