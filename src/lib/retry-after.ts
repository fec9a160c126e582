import { DAY, SECOND } from './time.ts';

/** Retry-After (RFC 9110, 10.2.3), as seconds or as a date, in milliseconds; a day at most, null when it does not say. */
export function retryAfterOf({ headers }: Response): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  const wait = /^\d+$/.test(value) ? Number(value) * SECOND : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY);
}
