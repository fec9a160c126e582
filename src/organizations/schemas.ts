import { z } from '@hono/zod-openapi';
import { Reason } from '../directory/audit-schemas.ts';
import { EmailField, MetadataSchema } from '../directory/schemas.ts';
import { cursorOf, listOf, PageLimit } from '../http/list-schemas.ts';
import { ORGANIZATION_ID, USER_ID } from '../lib/jurisdiction.ts';
import { permissionsOf, type RoleBook } from '../lib/organization-roles.ts';
import { rfc3339 } from '../lib/time.ts';
import { LimitsSchema, limitsShape } from '../plans/schemas.ts';
import { MAX_SLUG } from './slug.ts';
import type { OwnOrganization, ShownMember } from './store.ts';
import type { InvitationRow, OrganizationRow } from './tables.ts';

const EXAMPLE = 'org_01j9zq7kfrv1tq0yw3c5d8e2ab';

const fields = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((value) => !/\p{Cc}/u.test(value), { error: 'Must be one line' })
    .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
    .openapi({ example: 'Analytical Engines' }),
  slug: z
    .string()
    .trim()
    .toLowerCase()
    .max(MAX_SLUG)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, {
      error: 'Must have letters, digits and single dashes between them',
    })
    .openapi({ example: 'analytical-engines', description: 'Unique in the realm' }),
  logo: z
    .url({ protocol: /^https$/ })
    .max(2000)
    .openapi({ example: 'https://example.com/logo.png' }),
};

const RoleName = z.string().max(40).openapi({ description: 'A role of the realm', example: 'member' });

export const OrganizationParams = z.object({
  id: z.string().max(100).openapi({ example: EXAMPLE }),
});
export const MemberParams = OrganizationParams.extend({
  user_id: z.string().max(100).openapi({ example: 'usr_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
});

export const NewOrganization = z
  .strictObject({
    name: fields.name,
    slug: fields.slug.optional().openapi({ description: 'One like the name where it is left out' }),
    logo: fields.logo.nullish(),
  })
  .openapi('NewOrganization');

export const OrganizationPatch = z
  .strictObject({ name: fields.name, slug: fields.slug, logo: fields.logo.nullable() })
  .partial()
  .openapi('OrganizationPatch');

export const OrganizationMetadata = MetadataSchema;

export const OrganizationSchema = z
  .object({
    id: z.string().openapi({ example: EXAMPLE }),
    realm: z.string(),
    name: z.string(),
    slug: z.string(),
    logo: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).openapi({ description: 'Set by operators alone' }),
    plan: z.string(),
    seats: z
      .int()
      .nullable()
      .openapi({ description: 'How many members it may have; null for as many as the realm lets one have' }),
    status: z.enum(['active', 'suspended']),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Organization');

export const MembershipSchema = z
  .object({
    organization: OrganizationSchema,
    role: z.string(),
    permissions: z.array(z.string()).openapi({ description: 'What the role may' }),
    joined_at: z.iso.datetime(),
  })
  .openapi('Membership');

export const MembershipListSchema = z
  .object({ data: z.array(MembershipSchema), next_cursor: z.string().nullable() })
  .openapi('MembershipList');

export const MembershipQuery = z.object({
  limit: PageLimit,
  cursor: z
    .string()
    .regex(new RegExp(`^\\d{1,15}\\.${ORGANIZATION_ID}$`))
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const MemberSchema = z
  .object({
    user_id: z.string(),
    name: z.string().nullable(),
    email: z.string(),
    picture: z.string().nullable(),
    role: z.string(),
    joined_at: z.iso.datetime(),
  })
  .openapi('Member');

export const MemberListSchema = z
  .object({ data: z.array(MemberSchema), next_cursor: z.string().nullable() })
  .openapi('MemberList');

/** The same for operators, who are told how many there are. */
export const MemberAdminListSchema = listOf(MemberSchema).openapi('AdminMemberList');

export const MemberQuery = z.object({
  limit: PageLimit,
  cursor: z
    .string()
    .regex(new RegExp(`^${USER_ID}$`))
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const MemberPatch = z.strictObject({ role: RoleName }).openapi('MemberPatch');

export const OwnershipTransfer = z
  .strictObject({ user_id: MemberParams.shape.user_id })
  .openapi('OwnershipTransfer');

export const OrganizationChoice = z
  .strictObject({
    organization_id: OrganizationParams.shape.id.nullable().openapi({
      description: 'The organization in which the session goes on; null for the user alone',
    }),
  })
  .openapi('OrganizationChoice');

/** Days that an invitation stands. */
const DAYS = { usual: 7, most: 30 };

/** The name of a domain as its owner writes it into DNS; out comes lower case. */
export const DomainField = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^(?=.*[a-z])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, {
    error: 'Must be the name of a domain such as example.com',
  })
  .openapi({ example: 'example.com' });

/** As what users of a domain join. */
export const JoinsAs = z.string().max(40).nullable().openapi({
  description: 'As what users with a proven address of it join by themselves; null where they do not',
});
export const NewDomain = z
  .strictObject({ domain: DomainField, joins_as: JoinsAs.default(null) })
  .openapi('NewDomain');
export const DomainPatch = z.strictObject({ joins_as: JoinsAs }).openapi('DomainPatch');

export const NewInvitation = z
  .strictObject({
    email: EmailField.optional(),
    domain: DomainField.optional().openapi({
      description: 'In place of `email`: whoever has a proven address of the domain may accept it, once',
    }),
    role: RoleName.default('member'),
    expires_in_days: z.int().min(1).max(DAYS.most).default(DAYS.usual),
    deliver: z.enum(['mail', 'link']).default('mail').openapi({
      description: '`link` sends no mail: the answer has the link. One for a domain is always such',
    }),
  })
  .refine(({ email, domain }) => (email === undefined) !== (domain === undefined), {
    error: 'Must name either an address or a domain',
    path: ['email'],
  })
  .openapi('NewInvitation');

const invitation = {
  id: z.string(),
  organization_id: z.string(),
  email: z.string().nullable(),
  domain: z.string().nullable(),
  role: z.string(),
  invited_by: z.string(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
};

export const InvitationSchema = z.object(invitation).openapi('Invitation');
export const MadeInvitationSchema = z
  .object({
    ...invitation,
    link: z.url().nullable().openapi({ description: 'Shown once, where no mail brings it' }),
  })
  .openapi('MadeInvitation');
export const InvitationListSchema = z
  .object({ data: z.array(InvitationSchema), next_cursor: z.string().nullable() })
  .openapi('InvitationList');
export const OwnInvitationListSchema = z
  .object({
    data: z.array(
      z.object({ ...invitation, organization_name: z.string(), organization_logo: z.string().nullable() }),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('OwnInvitationList');

const INVITATION_ID = /^inv_[0-9a-z]{26}$/;

export const InvitationQuery = z.object({
  limit: PageLimit,
  cursor: z
    .string()
    .regex(INVITATION_ID)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});
export const InvitationParams = OrganizationParams.extend({ invitation_id: z.string().max(100) });

export const Acceptance = z
  .strictObject({
    token: z.string().max(200).optional().openapi({ description: 'Of the link' }),
    invitation_id: z.string().max(100).optional().openapi({
      description:
        'In place of the token: one of `GET /v1/me/invitations`, for the proven address of the user',
    }),
  })
  .refine(({ token, invitation_id }) => (token === undefined) !== (invitation_id === undefined), {
    error: 'Must have either a token or the id of an invitation',
    path: ['token'],
  })
  .openapi('InvitationAcceptance');

/** What an admin may make. */
export const NewOrganizationFor = NewOrganization.extend({
  owner: MemberParams.shape.user_id.openapi({ description: 'The user who owns it' }),
  metadata: MetadataSchema.optional(),
}).openapi('AdminNewOrganization');

export const OrganizationAdminPatch = OrganizationPatch.extend({
  metadata: MetadataSchema.optional(),
  status: z.enum(['active', 'suspended']).optional(),
  seats: z.int().min(1).max(10_000).nullish(),
  plan: z.string().max(100).optional().openapi({
    description: 'A plan of the realm; `organization` is what every organization has that was given none',
  }),
  plan_expires_at: z.iso.datetime().nullish().openapi({
    description: 'When the plan lapses; with a new plan it is never when left out',
  }),
  limits: LimitsSchema.optional().openapi({
    description: 'In place of the plan’s for these resources; `{}` takes all away',
  }),
  reason: Reason.optional(),
}).openapi('AdminOrganizationPatch');

/** What operators see beside what members do. */
export const OrganizationAdminSchema = OrganizationSchema.extend({
  plan_expires_at: z.iso.datetime().nullable(),
  limits: LimitsSchema,
}).openapi('AdminOrganization');

export const OrganizationAdminListSchema = listOf(OrganizationAdminSchema).openapi('AdminOrganizationList');

export const OrganizationAdminQuery = z.object({
  limit: PageLimit,
  cursor: cursorOf(z.string(), z.string()),
  q: z
    .string()
    .trim()
    .max(100)
    .optional()
    .openapi({ description: 'With what the name begins, or the whole slug or id' }),
  user_id: MemberParams.shape.user_id.optional().openapi({ description: 'Those that this user is in' }),
});

export const NewMember = z
  .strictObject({ user_id: MemberParams.shape.user_id, role: RoleName.default('member') })
  .openapi('NewMember');

/** An organization as it goes over the wire. */
export function organizationShape(row: OrganizationRow): z.infer<typeof OrganizationSchema> {
  return {
    id: row.id,
    realm: row.realmId,
    name: row.name,
    slug: row.slug,
    logo: row.logo,
    metadata: row.metadata,
    plan: row.plan,
    seats: row.seats,
    status: row.status,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}

/** An organization as operators see it. */
export function organizationAdminShape(row: OrganizationRow): z.infer<typeof OrganizationAdminSchema> {
  return {
    ...organizationShape(row),
    plan_expires_at: row.planExpiresAt === null ? null : rfc3339(row.planExpiresAt),
    limits: limitsShape(row.customLimits),
  };
}

/** What a user is in an organization, as it goes over the wire. */
export function membershipShape(
  { organization, role, joinedAt }: OwnOrganization,
  roles: RoleBook,
): z.infer<typeof MembershipSchema> {
  return {
    organization: organizationShape(organization),
    role,
    permissions: [...permissionsOf(roles, role)],
    joined_at: rfc3339(joinedAt),
  };
}

/** A member as the others see them. */
export function memberShape(row: ShownMember): z.infer<typeof MemberSchema> {
  return {
    user_id: row.userId,
    name: row.name,
    email: row.email,
    picture: row.picture,
    role: row.role,
    joined_at: rfc3339(row.joinedAt),
  };
}

/** An invitation as it goes over the wire; never what it is accepted by. */
export function invitationShape(row: InvitationRow): z.infer<typeof InvitationSchema> {
  return {
    id: row.id,
    organization_id: row.organizationId,
    email: row.email,
    domain: row.domain,
    role: row.role,
    invited_by: row.invitedBy,
    created_at: rfc3339(row.createdAt),
    expires_at: rfc3339(row.expiresAt),
  };
}
