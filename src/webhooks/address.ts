import { resolve4, resolve6 } from 'node:dns/promises';
import { BoundedMap } from '../lib/bounded-map.ts';
import { isLoopbackHost, isPublicAddress, isPublicHost } from '../lib/public-host.ts';
import { MINUTE } from '../lib/time.ts';

/** Gives the addresses of a name; none where it has none or nobody knows. */
export type Resolve = (name: string) => Promise<string[]>;

/** How long an isolate goes by what a name resolved to. */
const FRESH = 5 * MINUTE;
const REMEMBERED = 1000;

const known = new BoundedMap<string, { isPublic: boolean; until: number }>(REMEMBERED);

/** The addresses of a name, by the resolver that Workers have. */
export const resolveName: Resolve = async (name) => {
  const found = await Promise.all([resolve4(name).catch(() => []), resolve6(name).catch(() => [])]);
  return found.flat();
};

/**
 * Whether events may be sent to an address, as far as it says so itself: https to a public host; with `mayBeLocal`, which
 * development has, this machine too. Without user information or fragment.
 */
export function isWebhookAddress(address: string, mayBeLocal: boolean): boolean {
  const url = URL.parse(address);
  if (url?.username !== '' || url.password !== '' || address.includes('#')) return false;
  if (mayBeLocal && isLoopbackHost(url.hostname)) return /^https?:$/.test(url.protocol);
  return url.protocol === 'https:' && isPublicHost(url.hostname);
}

/** Whether a name resolves to public addresses only. What nobody can resolve is left to the connection to find out. */
export async function resolvesToPublic(hostname: string, resolve: Resolve, now: number): Promise<boolean> {
  const kept = known.get(hostname);
  if (kept && now < kept.until) return kept.isPublic;
  const isPublic = (await resolve(hostname)).every(isPublicAddress);
  known.set(hostname, { isPublic, until: now + FRESH });
  return isPublic;
}
