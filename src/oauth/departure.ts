import type { Keyring } from '../crypto/keys.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { FlowCookie } from '../http/flow-cookie.ts';
import type { Realm } from '../lib/realm.ts';
import { allowedRedirect } from '../realms/redirect-service.ts';
import { type FlowPurpose, flowCookie, newFlow } from './flow.ts';
import { authorizationUrl } from './protocol.ts';
import type { Providers } from './registry.ts';

/** Where to send a browser, and the cookie that it has to bring back. */
export interface Departure {
  url: URL;
  cookie: FlowCookie;
}

/** Begins a flow. Throws `provider_not_found`, `provider_unavailable`. */
export async function depart(
  { providers, flowKeys }: { providers: Providers; flowKeys: Keyring },
  realm: Realm,
  purpose: FlowPurpose,
): Promise<Departure> {
  const configured = await providers.get(realm, purpose.provider);
  const flow = newFlow(purpose);
  const postsBack = configured.provider.responseMode === 'form_post';
  return { url: authorizationUrl(configured, flow), cookie: await flowCookie(flowKeys, flow, postsBack) };
}

/**
 * Where the browser goes in the end: for an app exactly as it was named. Throws `redirect_not_allowed`, and
 * `validation_failed` for an app's own scheme without a challenge: an app's scheme can only receive a code.
 */
export function destination(realm: Realm, ownOrigin: string, target: string, forApp: boolean): string {
  const url = allowedRedirect(realm, ownOrigin, target);
  if (!url) throw new ApiError('redirect_not_allowed');
  if (forApp) return target;
  if (!/^https?:$/.test(url.protocol)) {
    throw fieldError('code_challenge', 'required', 'Is needed for this redirect_to');
  }
  return url.href;
}
