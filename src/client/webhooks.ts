import type { webhooks } from '../../generated/openapi.ts';

/** The names of events. */
export type EventType = keyof webhooks;

/** An event, by its `type`. */
export type LatchkeyEvent = {
  [Type in EventType]: webhooks[Type]['post']['requestBody']['content']['application/json'] & { type: Type };
}[EventType];

/** Why a delivery is refused: answer 400, and nothing of it is to be believed. */
export class WebhookError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'WebhookError';
  }
}

/** What a delivery has to be. */
export interface WebhookOptions {
  /** The secret of the webhook, `whsec_…`, or its public key, `whpk_…`; while one is replaced, both the new and the old. */
  key: string | string[];
  /** How far the clocks may be apart, and how long a delivery may be on its way, seconds: 300 unless it says. */
  tolerance?: number;
}

/**
 * Reads a delivery, once it is known to come from Latchkey (Standard Webhooks 1.0). The same event may come again: its `id` stays. Throws
 * WebhookError.
 *
 * @example
 * const event = await readEvent(request, { key: env.WEBHOOK_SECRET });
 * if (event.type === 'user.deleted') await forget(event.user_id);
 */
export async function readEvent(request: Request, options: WebhookOptions): Promise<LatchkeyEvent> {
  const headers = Object.fromEntries(request.headers);
  return verifyEvent(await request.text(), headers, options);
}

/** The same, of a body as it came, byte by byte, and its headers in small letters. Throws WebhookError. */
export async function verifyEvent(
  body: string,
  headers: Record<string, string | string[] | undefined>,
  { key, tolerance = 300 }: WebhookOptions,
): Promise<LatchkeyEvent> {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    throw new WebhookError('It has no signature');
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > tolerance)
    throw new WebhookError('It is too old, or of the future');
  const signed = new Uint8Array(new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  for (const one of [key].flat()) {
    const verify = await verifierOf(one);
    for (const signature of signatures.split(' ')) {
      const [version, value = ''] = signature.split(',');
      if (version === verify.version && (await verify.holds(bytesOf(value), signed))) return JSON.parse(body);
    }
  }
  throw new WebhookError('Its signature is wrong');
}

/** What checks signatures of the version that a key is for. */
async function verifierOf(key: string) {
  const [, kind, base64 = ''] = /^(whsec|whpk)_(.+)$/.exec(key) ?? [];
  const bytes = bytesOf(base64);
  if (!kind || bytes.length === 0) throw new TypeError('A key begins with whsec_ or whpk_');
  const [version, algorithm] =
    kind === 'whsec'
      ? (['v1', { name: 'HMAC', hash: 'SHA-256' }] as const)
      : (['v1a', { name: 'Ed25519' }] as const);
  const imported = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
  return {
    version,
    holds: (signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>) =>
      crypto.subtle.verify(algorithm.name, imported, signature, signed),
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
