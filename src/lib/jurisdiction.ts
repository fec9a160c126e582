/** Where Cloudflare keeps the data of a realm that has one: nowhere else. */
export const JURISDICTIONS = ['eu', 'fedramp'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** The form of a user's id, as part of a regular expression. */
export const USER_ID = `usr_[0-9a-z]{26}(?:_(?:${JURISDICTIONS.join('|')}))?`;

/** The form of an organization's id, as part of a regular expression. */
export const ORGANIZATION_ID = `org_[0-9a-z]{26}(?:_(?:${JURISDICTIONS.join('|')}))?`;

/** Whether the id of a payer is that of an organization, and not of a user. */
export function isOrganizationId(id: string): boolean {
  return id.startsWith('org_');
}

const NAMED = /^(?:(?:usr|org)_[0-9a-z]{26}|decoy:.{43})_(eu|fedramp)$/;

/**
 * The name of an account object within a jurisdiction: a user's id ends with it, so that whoever knows the id knows where the
 * object is. Of a realm without one it stays as it is.
 */
export function withinJurisdiction(name: string, jurisdiction: Jurisdiction | null): string {
  return jurisdiction === null ? name : `${name}_${jurisdiction}`;
}

/** The jurisdiction that the id of a user or an organization, or the name of a decoy, ends with; null when there is none. */
export function jurisdictionOf(name: string): Jurisdiction | null {
  return (NAMED.exec(name)?.[1] as Jurisdiction | undefined) ?? null;
}
