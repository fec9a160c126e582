import { startHttp } from './http.ts';

/** What the stand-in knows: Turnstile itself is not reachable from here, and its dummy keys need it. */
export const TURNSTILE = { siteKey: '0x4AAA-site', secretKey: '0x4AAA-secret' };

/**
 * A mock of Turnstile's siteverify, written from its reference: a token beginning with `good` is taken once, `down` is answered by
 * an error page, `hang` never, `internal` by an error of Turnstile's own; every other is invalid.
 */
export function startTurnstile() {
  const used = new Set<string>();
  return startHttp(async ({ method, path, body }) => {
    if (method !== 'POST' || path !== '/turnstile/v0/siteverify') return { status: 404 };
    const { secret, response, remoteip } = JSON.parse(body) as Record<string, string>;
    const answer = (success: boolean, ...codes: string[]) => ({
      status: 200,
      body: JSON.stringify({ success, 'error-codes': codes, hostname: 'auth.test', action: '', cdata: '' }),
    });
    if (secret !== TURNSTILE.secretKey) return answer(false, 'invalid-input-secret');
    if (!remoteip) return answer(false, 'bad-request');
    if (!response) return answer(false, 'missing-input-response');
    if (response.startsWith('hang')) return 'hang';
    if (response.startsWith('down')) return { status: 502, body: '<h1>Bad gateway</h1>' };
    if (response.startsWith('internal')) return answer(false, 'internal-error');
    if (!response.startsWith('good')) return answer(false, 'invalid-input-response');
    if (used.has(response)) return answer(false, 'timeout-or-duplicate');
    used.add(response);
    return answer(true);
  });
}
