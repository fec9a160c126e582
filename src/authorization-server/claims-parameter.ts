import { ASSURANCES, type Assurance } from '../lib/assurance.ts';
import { OAuthFailure } from './oauth-error.ts';

/** What a client asks of single claims (OpenID Connect Core 1.0, 5.5): those of its scopes that the ID token shall have, and how sure. */
export interface AskedClaims {
  /** Names of claims for the ID token; of each it gets what its scopes give anyway. */
  idToken: string[];
  /** The user that the request is about; null for whoever is there. */
  subject: string | null;
  /** How sure it has to be who the user is; null for any. */
  acr: Assurance | null;
}

/** What a claim is asked for with (5.5.1). */
interface Request {
  essential?: unknown;
  value?: unknown;
  values?: unknown;
}

/**
 * Reads `claims` and `acr_values`. Of what is asked in `userinfo` nothing follows: the scopes give it there. Throws `invalid_request`
 * for what is not of the form, and `unmet_authentication_requirements` for an essential `acr` that nobody can have.
 */
export function askedClaims(claims: string | undefined, acrValues: string | undefined): AskedClaims {
  const { id_token: idToken = {} } = claims === undefined ? {} : membersOf(claims);
  const { acr, sub } = idToken;
  const essential = acr?.essential === true ? [acr.value ?? acr.values ?? []].flat() : [];
  const least = leastOf(essential) ?? leastOf(acrValues?.split(' ') ?? []);
  if (essential.length > 0 && leastOf(essential) === null) {
    throw new OAuthFailure('unmet_authentication_requirements', 'No session has such an acr');
  }
  return {
    idToken: Object.keys(idToken).slice(0, MAX_NAMES),
    subject: typeof sub?.value === 'string' ? sub.value : null,
    acr: least,
  };
}

/** More than there are claims. */
const MAX_NAMES = 50;

/** The least sure of those that are asked for: any will do (5.5.1.1); null where none is known. */
function leastOf(asked: readonly unknown[]): Assurance | null {
  return ASSURANCES.find((one) => asked.includes(one)) ?? null;
}

function membersOf(text: string): { id_token?: Record<string, Request | null> } {
  const asked = parsed(text);
  const members = ['userinfo', 'id_token'].map((name) => asked[name]);
  const isWhole = members.every((member) => member === undefined || isObject(member));
  if (!isWhole || members.every((member) => member === undefined)) throw malformed();
  const requests = members.flatMap((member) => Object.values(member ?? {}));
  if (!requests.every((one) => one === null || isObject(one))) throw malformed();
  return asked;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // As what is no object.
  }
  throw malformed();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(): OAuthFailure {
  return new OAuthFailure('invalid_request', 'claims must be a JSON object with userinfo or id_token');
}
