import { ask } from './browser-session.ts';
import { errorOf } from './errors.ts';

type Send = (url: string, init: RequestInit) => Promise<Response>;

/** What a ceremony begins with. */
interface Begun<Options> {
  flow: string;
  public_key: Options;
}

async function post<Answer>(send: Send, url: string, body: object, init: RequestInit = {}): Promise<Answer> {
  const answer = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });
  if (!answer.ok) throw await errorOf(answer);
  return answer.json();
}

/** Has the browser make a passkey, and adds it to the account (Web Authentication Level 3, 5.1.3). */
export async function addPasskey(send: Send, issuer: string, name?: string): Promise<void> {
  const at = `${issuer}/v1/me/passkeys`;
  const { flow, public_key } = await post<Begun<PublicKeyCredentialCreationOptionsJSON>>(
    send,
    `${at}/options`,
    {},
  );
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  await post(send, at, { flow, credential: credential.toJSON(), ...(name && { name }) });
}

/** Has the browser show a passkey, which opens a session by the cookie (Web Authentication Level 3, 5.1.4). */
export async function signInWithPasskey(
  issuer: string,
  { conditional, signal }: { conditional?: boolean; signal?: AbortSignal },
): Promise<void> {
  const at = `${issuer}/v1/auth/passkeys`;
  const sent: RequestInit = { credentials: 'include', ...(signal && { signal }) };
  const { flow, public_key } = await post<Begun<PublicKeyCredentialRequestOptionsJSON>>(
    ask,
    `${at}/options`,
    { session_cookie: true },
    sent,
  );
  const credential = (await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(public_key),
    ...(conditional && { mediation: 'conditional' as const }),
    ...(signal && { signal }),
  })) as PublicKeyCredential;
  await post(ask, `${at}/verify`, { flow, credential: credential.toJSON(), session_cookie: true }, sent);
}
