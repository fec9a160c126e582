import { readUpTo } from '../lib/read-up-to.ts';
import { SECOND } from '../lib/time.ts';
import { ProviderFailure } from './provider-failure.ts';

const TIME_LIMIT = 5 * SECOND;
const MAX_BYTES = 256 * 1024;
const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

/**
 * Asks a provider for JSON: within five seconds, without following redirects, at most 256 KiB. Gives answers up to
 * status 499; throws ProviderFailure `provider_unavailable` for everything else.
 */
export async function requestJson(
  url: string,
  init: { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: string },
): Promise<{ status: number; body: unknown }> {
  const host = URL.parse(url)?.host ?? 'no URL';
  const fail = (reason: string) => new ProviderFailure('provider_unavailable', `${host}: ${reason}`);
  let response: Response;
  let bytes: Uint8Array | null;
  try {
    response = await fetch(url, {
      ...init,
      headers: { Accept: 'application/json', 'User-Agent': 'Latchkey', ...init.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
    bytes = await readUpTo(response, MAX_BYTES);
  } catch (error) {
    throw fail(error instanceof Error ? error.name : 'no answer');
  }
  const { status } = response;
  if ((status >= 300 && status < 400) || status >= 500 || status === 429) throw fail(`status ${status}`);
  if (!bytes) throw fail('too much');
  if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) throw fail(`status ${status}, not JSON`);
  try {
    return { status, body: JSON.parse(new TextDecoder().decode(bytes)) };
  } catch {
    throw fail('broken JSON');
  }
}
