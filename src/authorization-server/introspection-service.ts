import type { LiveSession } from '../account/contract.ts';
import { OWN_CLIENT } from '../account/grant-contract.ts';
import { parseRefreshToken } from '../account/refresh-token.ts';
import { isRefusal } from '../errors.ts';
import { lacksMfa } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import type { Delegation } from '../sessions/service.ts';
import type { OAuthClientRow } from './tables.ts';
import { type TokenParts, typeOf } from './token-parts.ts';

/** What introspection says (RFC 7662, 2.2); of a token that does not hold, that alone. */
export type Introspected =
  | { active: false }
  | {
      active: true;
      iss: string;
      sub: string;
      client_id: string;
      scope?: string;
      aud?: string | string[];
      exp: number;
      iat?: number;
      jti?: string;
      sid?: string;
      auth_time?: number;
      amr?: string[];
      acr?: string;
      act?: Delegation;
      org_id?: string;
      org_role?: string;
      cnf?: { jkt: string };
      token_type?: 'Bearer' | 'DPoP';
    };

const INACTIVE = { active: false } as const;

/**
 * The strict check of a token: whether it holds now, by one call to the user's object. `caller` sees its own tokens and those that
 * are for it, an API key of the realm (null) all.
 */
export async function introspect(
  parts: TokenParts,
  realm: Realm,
  token: string,
  caller: OAuthClientRow | null,
): Promise<Introspected> {
  const isFor = (clientId: string, audience: readonly string[]) =>
    !caller || caller.id === clientId || audience.some((one) => caller.audiences.includes(one));
  const plain = await parts.subjects.unmasked(realm.id, token);
  const refresh = parseRefreshToken(plain);
  if (refresh) {
    const session = await parts.objects(refresh.userId).checkGrant(plain);
    if (isRefusal(session) || !session.grant || session.state.realmId !== realm.id) return INACTIVE;
    if (lacksFactor(session, realm)) return INACTIVE;
    const { clientId, scope, audience } = session.grant;
    const client = isFor(clientId, audience) && (await parts.clients.find(realm.id, clientId));
    if (!client) return INACTIVE;
    const sub = await parts.tokens.subjectFor(client, session.state.userId);
    const { sessionId: sid } = session;
    const exp = Math.floor(session.expiresAt / SECOND);
    const of = session.organization && {
      org_id: session.organization.id,
      org_role: session.organization.role,
    };
    return { active: true, iss: realm.issuer, sub, client_id: clientId, scope, exp, sid, ...of };
  }
  const read = await parts.tokens.read(realm, token);
  if (!read?.isAccessToken) return INACTIVE;
  const { userId } = read;
  const { iss, sub, client_id, scope, aud, exp, iat, jti, sid, auth_time, amr, acr, act, cnf, org_id } =
    read.claims as {
      iss: string;
      sub: string;
      client_id: string;
      scope?: string;
      aud: string | string[];
      exp: number;
      iat: number;
      jti: string;
      sid?: string;
      auth_time?: number;
      amr?: string[];
      acr?: string;
      act?: Delegation;
      cnf?: { jkt: string };
      org_id?: string;
    };
  let organization: LiveSession['organization'] = null;
  if (Date.now() >= exp * SECOND || !isFor(client_id, [aud].flat())) return INACTIVE;
  if (sid === undefined) {
    // Of a client for itself: it holds while the client is there.
    if (!(await parts.clients.find(realm.id, client_id))) return INACTIVE;
  } else {
    if (userId === null) return INACTIVE;
    const session = await parts.objects(userId).check(sid);
    if (isRefusal(session) || !(act || isOf(session, client_id)) || lacksFactor(session, realm))
      return INACTIVE;
    organization = session.organization;
  }
  const about = { ...(scope !== undefined && { scope }), ...(sid !== undefined && { sid }) };
  const proof = {
    ...(auth_time !== undefined && { auth_time }),
    ...(amr !== undefined && { amr }),
    ...(acr !== undefined && { acr }),
    ...(act !== undefined && { act }),
    ...(cnf !== undefined && { cnf }),
    ...(org_id !== undefined && { org_id }),
    // As it is by now, not when the token was made; the session may have gone on to another organization since.
    ...(organization && organization.id === org_id && { org_role: organization.role }),
  };
  const token_type = typeOf(cnf?.jkt ?? null);
  return { active: true, iss, sub, client_id, aud, exp, iat, jti, ...about, ...proof, token_type };
}

/**
 * Revokes a token, and all that came of the same grant (RFC 7009, 2.1); effective for the next request. Of a token that does not
 * hold, or that is another client's, nothing is said.
 */
export async function revoke(
  parts: TokenParts,
  realm: Realm,
  token: string,
  client: OAuthClientRow,
): Promise<void> {
  const plain = await parts.subjects.unmasked(realm.id, token);
  const refresh = parseRefreshToken(plain);
  if (refresh) {
    await parts.objects(refresh.userId).endGrant({ refreshToken: plain }, client.id);
    return;
  }
  const read = await parts.tokens.read(realm, token);
  if (!read?.isAccessToken || read.userId === null) return;
  const { client_id, sid } = read.claims;
  if (client_id !== client.id || typeof sid !== 'string') return;
  await parts.objects(read.userId).endGrant({ sessionId: sid }, client.id);
}

/** Whether a session is good for enrolling a second factor only. */
export function lacksFactor({ impersonator, methods, state }: LiveSession, { mfa }: Realm): boolean {
  const { role, anonymous = false } = state;
  return lacksMfa(mfa, { role, methods, impersonator, anonymous }, Date.now());
}

/** A session of the user's own has no grant, and its tokens the name that all such have. */
function isOf({ grant }: LiveSession, clientId: string): boolean {
  return grant === null ? clientId === OWN_CLIENT : grant.clientId === clientId;
}
