import { fold } from '../lib/fold.ts';

/** How long a slug is at most. */
export const MAX_SLUG = 50;

/** A slug like a name, for an organization that was given none: `Müller & Söhne` is `muller-sohne`. */
export function slugFor(name: string): string {
  const words = fold(name).replace(/[^a-z0-9]+/g, '-');
  const slug = words.slice(0, MAX_SLUG).replace(/^-+|-+$/g, '');
  return slug === '' ? 'organization' : slug;
}
