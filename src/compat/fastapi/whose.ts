import type { DialectName } from '../../lib/dialect-names.ts';

/** Doztra and the Astro backend have endpoints of the same path: which of them is spoken alone, or null where both are. */
export function whose(spoken: ReadonlySet<DialectName>): 'doztra' | 'astro-backend' | null {
  if (!spoken.has('astro-backend')) return 'doztra';
  return spoken.has('doztra') ? null : 'astro-backend';
}
