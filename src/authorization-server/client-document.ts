import { z } from 'zod';
import { isPublicHost } from '../lib/public-host.ts';
import { readUpTo } from '../lib/read-up-to.ts';
import { DAY, MINUTE, SECOND } from '../lib/time.ts';
import { ClientMetadata, type SelfDescription, selfDescription } from './registration-schemas.ts';

const TIME_LIMIT = 5 * SECOND;
const MAX_BYTES = 5 * 1024;
const MAX_LENGTH = 500;
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/** How long a document is gone by, whatever its cache headers say (milliseconds). */
const LEAST_FRESH = MINUTE;
const USUALLY_FRESH = 5 * MINUTE;
const MOST_FRESH = DAY;

/** draft-ietf-oauth-client-id-metadata-document, 4.1: it says its own address, and has no secret that all could read. */
const Document = ClientMetadata.extend({
  client_id: z.string(),
  client_secret: z.never().optional(),
  client_secret_expires_at: z.never().optional(),
  token_endpoint_auth_method: z.enum(['none', 'private_key_jwt']).default('none'),
});

/** What a client says of itself at the address that is its id, and how long that is gone by (milliseconds). */
export interface ReadDocument {
  description: SelfDescription;
  freshFor: number;
}

/**
 * Whether a client id is the address of a document that may be fetched: https, with a path, as it is normalised, and of a host
 * that is on the public internet as far as its name says. `local` lets this machine through, also by http, in development.
 */
export function isDocumentAddress(id: string, local: boolean): boolean {
  const url = id.length <= MAX_LENGTH ? URL.parse(id) : null;
  if (url?.href !== id || url.username !== '' || url.password !== '' || id.includes('#')) return false;
  if (url.pathname === '/') return false;
  if (local && ['127.0.0.1', 'localhost'].includes(url.hostname)) return /^https?:$/.test(url.protocol);
  return url.protocol === 'https:' && isPublicHost(url.hostname);
}

/**
 * Fetches the document at a client id: five seconds, no redirect, 5 KiB. Null for whatever is no document of that client. Throws
 * when its server does not answer, or not yet.
 */
export async function fetchDocument(id: string): Promise<ReadDocument | null> {
  const response = await fetch(id, {
    headers: { Accept: 'application/json', 'User-Agent': 'Latchkey' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIME_LIMIT),
  });
  if (response.status === 429 || response.status >= 500) throw new Error(`status ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !JSON_TYPE.test(type)) {
    await response.body?.cancel();
    return null;
  }
  const bytes = await readUpTo(response, MAX_BYTES);
  const description = bytes && descriptionIn(id, new TextDecoder().decode(bytes));
  return description && { description, freshFor: freshFor(response.headers.get('cache-control')) };
}

/** What a document says of the client whose id is its address; null when it is none. */
export function descriptionIn(id: string, text: string): SelfDescription | null {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = Document.safeParse(sent);
  if (!parsed.success || parsed.data.client_id !== id) return null;
  return selfDescription(parsed.data, new URL(id).host);
}

function freshFor(cacheControl: string | null): number {
  const said = cacheControl?.toLowerCase() ?? '';
  if (/\bno-(store|cache)\b/.test(said)) return LEAST_FRESH;
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,9})/.exec(said) ?? [];
  if (seconds === undefined) return USUALLY_FRESH;
  return Math.min(Math.max(Number(seconds) * SECOND, LEAST_FRESH), MOST_FRESH);
}
