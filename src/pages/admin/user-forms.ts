import { RoleChange, StatusChange, UserPatch } from '../../admin/users-schemas.ts';
import { AdjustmentBody } from '../../credits/admin-schemas.ts';
import type { Adjustment } from '../../credits/admin-service.ts';
import { ReasonBody } from '../../directory/audit-schemas.ts';
import { ApiError, fieldError } from '../../errors.ts';
import { type AppContext, clientOf } from '../../http/context.ts';
import { LimitsAssignment, PlanAssignment } from '../../plans/schemas.ts';
import { ImpersonationBody } from '../../sessions/admin-schemas.ts';
import { OperatorCapsBody } from '../../usage/spending-schemas.ts';
import { ignoreEndedSession } from '../account/devices.tsx';
import { profileChanges } from '../account/profile.tsx';
import { capsIn } from '../account/spending.tsx';
import { reasonIn, valid } from '../kit/form-data.ts';
import type { PageForm } from '../kit/page.ts';
import { ADMIN_PAGES } from './frame.tsx';
import { keyForms } from './key-panel.tsx';
import { limitsOf } from './limits.ts';
import type { UserTab } from './user-data.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

type Values = Record<string, string>;

/** The forms of each tab of the page. */
export const USER_FORMS: Record<UserTab, string[]> = {
  overview: ['profile'],
  access: ['role', 'verify', 'reset', 'reset_factors', 'end_session', 'end_sessions', 'revoke_key'],
  plan: ['plan', 'limits', 'spending'],
  credits: ['credits'],
  activity: [],
  danger: ['status', 'delete'],
};

/** What operators can do to one user, by the name of the form. `acting` answers with the access token of who acts as the user. */
export function userForms(
  services: AdminServices,
  acting: (c: AppContext, visit: AdminVisit, token: string) => Promise<Response>,
): Record<string, PageForm<AdminVisit>> {
  const { admin, factors, planAdmin, spendingCaps, userKeyAdmin } = services;
  const { acts, credits, sessions, users } = admin;
  const target = (c: AppContext, { realmId }: AdminVisit) => ({ realmId, userId: c.req.param('id') ?? '' });
  return {
    profile: {
      fresh: true,
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
      fresh: true,
      names: { reason: 'role_reason' },
      act: async (c, visit, values) => {
        const body = { role: values.role ?? '', ...reasonIn(values, 'role_reason') };
        const { role, reason } = valid(RoleChange, body);
        await acts.setRole(target(c, visit), role, visit.actor, reason);
        return 'role';
      },
    },
    verify: {
      fresh: true,
      names: { reason: 'verify_reason' },
      act: async (c, visit, values) => {
        const { reason } = valid(ReasonBody, reasonIn(values, 'verify_reason'));
        await acts.verifyEmail(target(c, visit), visit.actor, reason);
        return 'verified';
      },
    },
    reset: {
      fresh: true,
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
        await credits.adjust(target(c, visit), adjustmentIn(values), visit.actor);
        return 'credits';
      },
    },
    spending: {
      names: { reason: 'spending_reason' },
      act: async (c, visit, values) => {
        const given = { ...capsIn(values), ...reasonIn(values, 'spending_reason') };
        const { reason, ...caps } = valid(OperatorCapsBody, given);
        await spendingCaps.setForUser(target(c, visit), caps, visit.actor, reason);
        return 'caps';
      },
    },
    ...keyForms((c, visit, keyId, reason) =>
      userKeyAdmin.revoke(target(c, visit), keyId, visit.actor, reason),
    ),
    impersonate: {
      fresh: true,
      names: { reason: 'impersonate_reason' },
      act: async (c, visit, values) => {
        const { reason } = valid(ImpersonationBody, { reason: values.impersonate_reason ?? '' });
        const grant = await sessions.impersonate(target(c, visit), reason, visit.actor, clientOf(c));
        return acting(c, visit, grant.accessToken);
      },
    },
    end_session: {
      act: async (c, visit, { session = '' }) => {
        await sessions.revoke(target(c, visit), session, visit.actor).catch(ignoreEndedSession);
        return 'session_ended';
      },
    },
    reset_factors: {
      fresh: true,
      act: async (c, visit) => {
        await factors.reset(target(c, visit), visit.actor);
        return 'factors_reset';
      },
    },
    end_sessions: {
      act: async (c, visit) => {
        await sessions.revokeAll(target(c, visit), visit.actor);
        return 'sessions_ended';
      },
    },
    delete: {
      fresh: true,
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

  /** What the profile form changes. An address that is the same is left out: a change would unverify it. */
  async function patchOf(c: AppContext, visit: AdminVisit, values: Values) {
    const { user } = await users.get(target(c, visit));
    const { email, ...patch } = profileChanges(values);
    return email === undefined || email === user.email ? patch : { ...patch, email: email ?? '' };
  }
}

/** The adjustment of credits that a form asks for, once for the reference that the page has made. Throws 422, which names the field. */
export function adjustmentIn(values: Values): Adjustment {
  const { amount, reason, reference } = valid(AdjustmentBody, {
    amount: values.amount?.trim() ? Number(values.amount) : undefined,
    reason: values.credits_reason ?? '',
    reference: values.reference,
  });
  if (!reference) throw new ApiError('invalid_request');
  return { amount, reason, reference };
}
