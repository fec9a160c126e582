import { ReasonBody, RoleChange, StatusChange, UserPatch } from '../admin/users-schemas.ts';
import { AdjustmentBody } from '../credits/admin-schemas.ts';
import type { Limit, Limits } from '../directory/state.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { LimitsAssignment, PlanAssignment } from '../plans/schemas.ts';
import { ADMIN_PAGES } from './admin-frame.tsx';
import type { AdminForm } from './admin-page.ts';
import type { AdminServices, AdminVisit } from './admin-visit.ts';
import { valid } from './form.tsx';

/** The fields of a profile; what is left empty is cleared, but for the address. */
export const PROFILE_FIELDS = [
  'email',
  'name',
  'given_name',
  'family_name',
  'username',
  'phone_number',
  'country',
  'locale',
  'picture',
  'bio',
] as const;

/** The name of the field for a limit. */
export function limitField(resource: string, period: 'day' | 'month'): string {
  return `limit-${resource}-${period}`;
}

/** What stands for a limit that there is none. */
export const UNLIMITED = '*';

type Values = Record<string, string>;

/** What admins do to one user, by the name of the form. */
export function userForms({ admin, planAdmin }: AdminServices): Record<string, AdminForm> {
  const { acts, credits, sessions, users } = admin;
  const target = (c: AppContext, { realmId }: AdminVisit) => ({ realmId, userId: c.req.param('id') ?? '' });
  return {
    profile: {
      act: async (c, visit, values) => {
        await acts.edit(target(c, visit), valid(UserPatch, await patchOf(c, visit, values)), visit.actor);
        return 'saved';
      },
    },
    status: {
      names: { reason: 'status_reason' },
      act: async (c, visit, values) => {
        const body = { status: values.status ?? '', ...reasonIn(values, 'status_reason') };
        const { status, reason } = valid(StatusChange, body);
        await acts.setStatus(target(c, visit), status, visit.actor, reason);
        return status === 'active' ? 'reactivated' : 'suspended';
      },
    },
    role: {
      names: { reason: 'role_reason' },
      act: async (c, visit, values) => {
        const body = { role: values.role ?? '', ...reasonIn(values, 'role_reason') };
        const { role, reason } = valid(RoleChange, body);
        await acts.setRole(target(c, visit), role, visit.actor, reason);
        return 'role';
      },
    },
    verify: {
      names: { reason: 'verify_reason' },
      act: async (c, visit, values) => {
        const { reason } = valid(ReasonBody, reasonIn(values, 'verify_reason'));
        await acts.verifyEmail(target(c, visit), visit.actor, reason);
        return 'verified';
      },
    },
    reset: {
      names: { reason: 'reset_reason' },
      act: async (c, visit, values) => {
        const { reason } = valid(ReasonBody, reasonIn(values, 'reset_reason'));
        await acts.resetPassword(target(c, visit), visit.actor, reason);
        return 'reset';
      },
    },
    plan: {
      names: { expires_at: 'plan_expires', reason: 'plan_reason' },
      act: async (c, visit, values) => {
        const { plan = '', plan_expires: until } = values;
        const expires = until ? `${until}T00:00:00Z` : null;
        const given = { plan, expires_at: expires, ...reasonIn(values, 'plan_reason') };
        const { plan: id, expires_at, reason } = valid(PlanAssignment, given);
        const assigned = { plan: id, expiresAt: expires_at ? Date.parse(expires_at) : null };
        await planAdmin.assign(target(c, visit), assigned, visit.actor, reason);
        return 'plan';
      },
    },
    limits: {
      names: { reason: 'limits_reason' },
      act: async (c, visit, values) => {
        const given = { limits: limitsOf(values), ...reasonIn(values, 'limits_reason') };
        const { limits, reason } = valid(LimitsAssignment, given);
        await planAdmin.limit(target(c, visit), limits, visit.actor, reason);
        return 'limits';
      },
    },
    credits: {
      names: { reason: 'credits_reason' },
      act: async (c, visit, values) => {
        const { amount, reason, reference } = valid(AdjustmentBody, {
          amount: values.amount?.trim() ? Number(values.amount) : undefined,
          reason: values.credits_reason ?? '',
          reference: values.reference,
        });
        if (!reference) throw new ApiError('invalid_request');
        await credits.adjust(target(c, visit), { amount, reason, reference }, visit.actor);
        return 'credits';
      },
    },
    end_session: {
      act: async (c, visit, { session = '' }) => {
        await sessions.revoke(target(c, visit), session, visit.actor).catch(ignoreEnded);
        return 'session_ended';
      },
    },
    end_sessions: {
      act: async (c, visit) => {
        await sessions.revokeAll(target(c, visit), visit.actor);
        return 'sessions_ended';
      },
    },
    delete: {
      names: { reason: 'delete_reason' },
      act: async (c, visit, values) => {
        const { reason } = valid(ReasonBody, reasonIn(values, 'delete_reason'));
        const { user } = await users.get(target(c, visit));
        if (values.confirmation?.trim().toLowerCase() !== user.email) {
          throw fieldError('confirmation', 'not_confirmed', 'Is not the address of the user');
        }
        await users.delete(target(c, visit), visit.actor, reason);
        return c.redirect(visit.view.link(ADMIN_PAGES.users, { done: 'deleted' }), 303);
      },
    },
  };

  /** Only what differs: an address that stays is none that is changed. */
  async function patchOf(c: AppContext, visit: AdminVisit, values: Values) {
    const { user } = await users.get(target(c, visit));
    const sent = PROFILE_FIELDS.filter((name) => values[name] !== undefined).map((name) => {
      const value = (values[name] as string).trim();
      return [name, name === 'email' ? value : value || null];
    });
    return Object.fromEntries(sent.filter(([name, value]) => name !== 'email' || value !== user.email));
  }
}

function reasonIn(values: Values, field: string): { reason?: string } {
  const reason = values[field]?.trim();
  return reason ? { reason } : {};
}

/** The limits of a form: a resource without any is left to the plan. Throws 422, which names the field. */
function limitsOf(values: Values): Limits {
  const limits = new Map<string, Limit>();
  for (const [name, value] of Object.entries(values)) {
    const [, resource, period] = /^limit-([a-z][a-z0-9_]*)-(day|month)$/.exec(name) ?? [];
    const text = value.trim();
    if (!resource || !text) continue;
    if (text !== UNLIMITED && !/^\d{1,15}$/.test(text)) throw fieldError(name, 'limit', 'Is no limit');
    const limit: Limit = limits.get(resource) ?? {};
    limit[period as 'day' | 'month'] = text === UNLIMITED ? null : Number(text);
    limits.set(resource, limit);
  }
  return Object.fromEntries(limits);
}

/** One that has ended meanwhile is what was wanted. */
function ignoreEnded(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'session_not_found')) throw error;
}
