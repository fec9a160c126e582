/**
 * How sure it is who the user of a session is (`acr`, RFC 9068, 2.2.1), by the levels of NIST SP 800-63B: `aal1` is one
 * factor, `aal2` two, or one that its authenticator gives to its owner alone, as a passkey.
 */
export const ASSURANCES = ['aal1', 'aal2'] as const;

export type Assurance = (typeof ASSURANCES)[number];

/** The assurance of a session whose user has proved who they are by these methods (RFC 8176). */
export function assuranceOf(methods: readonly string[]): Assurance {
  return methods.includes('mfa') ? 'aal2' : 'aal1';
}

/** Whether an assurance is at least another. */
export function isAsSureAs(one: Assurance, other: Assurance): boolean {
  return ASSURANCES.indexOf(one) >= ASSURANCES.indexOf(other);
}
