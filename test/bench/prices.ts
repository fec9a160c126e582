/**
 * Cloudflare's list prices beyond what the plans include, in US dollars a million, as of 29 November 2026:
 * https://developers.cloudflare.com/workers/platform/pricing/
 * https://developers.cloudflare.com/durable-objects/platform/pricing/
 * https://developers.cloudflare.com/d1/platform/pricing/
 * Reading rows costs a thousandth of writing them and is left out, as are CPU time and storage.
 */
export const PRICES = {
  workerRequest: 0.3,
  objectRequest: 0.15,
  objectRowWritten: 1,
  d1RowWritten: 1,
} as const;

/** How often the users of a month do what, each on average. Say your own in their place. */
export const HABITS = {
  session_check: 300,
  refresh: 60,
  authorize_quota: 60,
  authorize_credits: 20,
  tokens: 20,
  sign_in: 2,
  register: 0.1,
} as const;

/** What the same wrote before the object kept what is one user's, in rows of the object and of D1. */
export const BEFORE = {
  session_check: [0, 0],
  refresh: [1, 0],
  authorize_quota: [7, 7],
  authorize_credits: [13, 15],
  sign_in: [8, 13],
} as const;
