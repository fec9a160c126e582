import { ApiError, fieldError } from '../errors.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import type { Principal } from './context.ts';
import type { Actor } from './service-authentication.ts';

/** How far each role reaches, the least first. */
export const RANK = { user: 0, service: 0, admin: 1, owner: 2 };

/** Whether somebody may act on users of a role, or give it: nobody reaches above their own. */
export function mayActOn(actor: Actor, role: Principal['role']): boolean {
  return RANK[actor.role] >= RANK[role];
}

/** Throws `insufficient_scope` when the user, or the role that is to be given, is above the actor. */
export function requireAuthority(actor: Actor, role: Principal['role']): void {
  if (!mayActOn(actor, role)) {
    throw new ApiError('insufficient_scope', { detail: `Only an owner may do this to or make an ${role}.` });
  }
}

/** Throws `own_account`: what locks one out is for somebody else to do. */
export function refuseSelf(actor: Actor, userId: string): void {
  if (actor.id === userId) throw new ApiError('own_account');
}

/** Throws 422 for an owner who would be a user of another realm than the owners'. */
export function requireHome(role: Principal['role'], realmId: string): void {
  if (role === 'owner' && realmId !== DEFAULT_REALM) {
    throw fieldError('role', 'not_in_realm', 'Owners are users of the realm `default`');
  }
}
