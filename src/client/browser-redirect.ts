/** How long the issuer has to answer in a hidden frame. */
const FRAME_MS = 10_000;

/** What a client asks the issuer for, always in the same way. */
export interface AskingClient {
  issuer: string;
  clientId: string;
  redirectUri: string;
  scope: string;
  resource: string | undefined;
}

/** A sign-in that has left the page. */
interface Pending {
  verifier: string;
  /** The page to come back to. */
  returnTo: string;
  /** Whether it was in a hidden frame, of which the user knows nothing. */
  silent: boolean;
}

const nameOf = (clientId: string, state: string) => `latchkey ${clientId} ${state}`;

/** Whether this page is the one in a hidden frame; then it hands over what it was come back to with. */
export function isAnswering(clientId: string): boolean {
  const state = new URLSearchParams(location.search).get('state');
  if (window === parent || state === null) return false;
  const pending = sessionStorage.getItem(nameOf(clientId, state));
  if (pending === null || !(JSON.parse(pending) as Pending).silent) return false;
  parent.postMessage({ latchkey: state, query: location.search }, location.origin);
  return true;
}

/** The address that asks for a code (RFC 6749, 4.1.1; RFC 7636, 4.3), and its `state`. What redeems the answer is kept in this tab. */
export async function authorizationUrl(
  { clientId, issuer, redirectUri, resource, scope }: AskingClient,
  parameters: Record<string, string | undefined>,
  pending: Omit<Pending, 'verifier'>,
): Promise<{ page: URL; state: string }> {
  const [state, verifier] = [random(), random()];
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  sessionStorage.setItem(nameOf(clientId, state), JSON.stringify({ ...pending, verifier }));
  const page = new URL(`${issuer}/oauth2/authorize`);
  const all = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    resource,
    state,
    code_challenge: base64url(challenge),
    code_challenge_method: 'S256',
    ...parameters,
  };
  for (const [name, value] of Object.entries(all)) if (value) page.searchParams.set(name, value);
  return { page, state };
}

/** What the issuer has sent this tab back with; null when that is no answer to what it asked. It can be taken once. */
export function takeAnswer(
  clientId: string,
  query: string,
): (Pending & { answer: URLSearchParams; error: string | null; code: string | null }) | null {
  const answer = new URLSearchParams(query);
  const state = answer.get('state');
  const pending = state && sessionStorage.getItem(nameOf(clientId, state));
  if (!pending) return null;
  forget(clientId, state);
  return { ...JSON.parse(pending), answer, error: answer.get('error'), code: answer.get('code') };
}

/** What the issuer answers in a hidden frame, as a query; null when it is silent. */
export async function answerInFrame(
  clientId: string,
  { page, state }: { page: URL; state: string },
): Promise<string | null> {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = page.href;
  const query = await new Promise<string | null>((resolve) => {
    const settle = (answer: string | null) => {
      removeEventListener('message', listen);
      resolve(answer);
    };
    const listen = ({ data, origin, source }: MessageEvent) => {
      if (origin === location.origin && source === frame.contentWindow && data?.latchkey === state)
        settle(data.query);
    };
    addEventListener('message', listen);
    setTimeout(settle, FRAME_MS, null);
    document.documentElement.append(frame);
  });
  frame.remove();
  if (query === null) forget(clientId, state);
  return query;
}

function forget(clientId: string, state: string | null): void {
  sessionStorage.removeItem(nameOf(clientId, state ?? ''));
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)).buffer);
}

function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
