import { DeliveryError, passing } from '../delivery.ts';

/** Posts JSON with a bearer key. The answer may be a refusal; the caller reads its body. */
export function postJson(
  url: string,
  key: string,
  body: unknown,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // The key must not go where a redirect points.
    redirect: 'manual',
    signal,
  });
}

/** What a status that is not a success means for the mail. */
export function refusal(status: number): DeliveryError {
  if (status === 401 || status === 403) return passing('provider refused the credentials');
  const permanent = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
  return new DeliveryError(`provider answered ${status}`, { permanent });
}
