import { answerInFrame, authorizationUrl, takeAnswer } from './browser-redirect.ts';
import {
  ask,
  type BrowserOptions,
  type KeeperParts,
  leaveFor,
  ownPage,
  type Session,
  type SessionKeeper,
  SignInError,
  type User,
} from './browser-session.ts';
import { errorOf, LatchkeyError } from './errors.ts';

/** What a page holds of a grant. Other tabs have the same. */
interface Held {
  access: string;
  refresh: string | null;
  id: string | null;
  /** When the access token is to be replaced, Unix milliseconds. */
  until: number;
  /** When it came: the newer one of two tabs counts. */
  since: number;
  user: User;
}

type Message = { type: 'ask' } | { type: 'held'; held: Held } | { type: 'ended'; since: number };

/** How long before its end a token is replaced. */
const EARLY_MS = 30_000;
/** How long other tabs have to answer: whether there are any is not known, or one is known to have newer tokens. */
const TABS_MS = 150;
const NEWER_MS = 2_000;

/** The ways to the issuer, by what is asked of it (OpenID Connect Core 1.0, 3.1.2.1). */
const WAYS = {
  signIn: {},
  signUp: { prompt: 'create' },
  stepUp: { prompt: 'login', acr_values: 'aal2' },
};

/** A session that is a grant of the app's client: the authorization code grant with PKCE (RFC 9700, 2.1.1), tokens in memory. */
export function tokenSession(
  { became, failed, issuer, tell }: KeeperParts,
  options: BrowserOptions & { clientId: string },
): SessionKeeper {
  const { apis = [], clientId, resource, silent = true } = options;
  const { redirectUri = `${location.origin}/`, scope = 'openid profile email offline_access' } = options;
  const asking = { issuer, clientId, redirectUri, scope, resource };
  const lock = `latchkey ${issuer} ${clientId}`;
  const say = (message: Message) => tell(message);
  let held: Held | null = null;
  let refreshing: Promise<string | null> | undefined;
  let answered = () => {};

  const session = (): Session | null => held && { user: held.user };
  const isFresh = () => held !== null && Date.now() < held.until;

  /** Takes tokens for all tabs, and writes down since when this browser has them: whoever has older ones asks for them. */
  const keep = (newer: Held) => {
    held = newer;
    localStorage.setItem(lock, String(newer.since));
    say({ type: 'held', held });
  };
  const drop = () => {
    say({ type: 'ended', since: Date.now() });
    held = null;
    localStorage.removeItem(lock);
    became(null);
  };

  const form = (path: string, fields: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: clientId, ...fields });
    return ask(`${issuer}/oauth2/${path}`, { method: 'POST', body });
  };

  /** Asks for tokens, by those of before or by a code; null where they are refused, and of what is over (RFC 6749, 5.2). */
  const grant = async (fields: Record<string, string>, before: Held | null): Promise<Held | null> => {
    const answer = await form('token', { ...fields, ...(resource && { resource }) });
    if (answer.status === 400) {
      const { error, error_description } = await answer.json();
      if (fields.code) failed(new SignInError(error, error_description));
      return null;
    }
    if (!answer.ok) throw await errorOf(answer);
    const { access_token: access, expires_in, id_token, refresh_token } = await answer.json();
    const since = Date.now();
    return {
      access,
      refresh: refresh_token ?? null,
      id: id_token ?? before?.id ?? null,
      until: since + expires_in * 1000 - EARLY_MS,
      since,
      user: before?.user ?? (await userOf(access)),
    };
  };

  const userOf = async (token: string): Promise<User> => {
    const answer = await ask(`${issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw await errorOf(answer);
    const {
      sub: id,
      name = null,
      email = null,
      email_verified = false,
      picture = null,
    } = await answer.json();
    return { id, name, email, emailVerified: email_verified, picture };
  };

  /** Waits for what other tabs hold, for a while (milliseconds). */
  const askTabs = (patience: number) =>
    new Promise<void>((resolve) => {
      answered = resolve;
      setTimeout(resolve, patience);
      say({ type: 'ask' });
    });

  /** Takes what the issuer sent the browser back with; whether it was the answer to a sign-in of this tab. */
  const redeem = async (query: string): Promise<boolean> => {
    const taken = takeAnswer(clientId, query);
    if (!taken) return false;
    const { answer, code, error, verifier } = taken;
    if (!taken.silent) {
      history.replaceState(history.state, '', taken.returnTo);
      dispatchEvent(new PopStateEvent('popstate', { state: history.state }));
    }
    // RFC 9207, 2.4: the answer may be of another server.
    if (answer.get('iss') !== issuer) failed(new SignInError('invalid_issuer'));
    else if (code) {
      const grant_type = 'authorization_code';
      const fields = { grant_type, code, redirect_uri: redirectUri, code_verifier: verifier };
      // Who has signed in now may be somebody else than other tabs tell of.
      const given = await grant(fields, null);
      if (given) {
        keep(given);
        became(session());
      }
    } else if (!taken.silent)
      failed(new SignInError(error ?? 'invalid_response', answer.get('error_description')));
    return true;
  };

  /** Asks in a hidden frame, without a word to the user. */
  const signInSilently = async (): Promise<void> => {
    const query = await answerInFrame(
      clientId,
      await authorizationUrl(asking, { prompt: 'none' }, { silent: true, returnTo: '' }),
    );
    if (query !== null) await redeem(query);
  };

  /** Replaces the access token, once for all tabs; null where the session is over. */
  const refresh = async (): Promise<string | null> => {
    // Who had the lock before may have new ones, of which this tab has not heard yet.
    if (held && Number(localStorage.getItem(lock)) > held.since) await askTabs(NEWER_MS);
    if (held && !isFresh()) {
      const before = held;
      const { refresh: refresh_token, since } = before;
      const given = refresh_token && (await grant({ grant_type: 'refresh_token', refresh_token }, before));
      // Who has signed in or out meanwhile, here or in another tab, is not undone.
      if (held?.since === since) {
        if (given) keep(given);
        else drop();
      }
    }
    return held?.access ?? null;
  };

  const token = async () => {
    if (isFresh()) return held?.access ?? null;
    refreshing ??= navigator.locks.request(lock, refresh).finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };

  return {
    token,
    async find() {
      if (held) {
        // What is known may be over: the issuer says.
        const access = await token();
        const user = access && (await userOf(access).catch(nobodyIf401));
        // Meanwhile another tab may have told of others.
        if (access && held?.access === access) {
          if (user) held = { ...held, user };
          else drop();
        }
        return session();
      }
      if (await redeem(location.search)) return session();
      await askTabs(TABS_MS);
      if (!held && silent && localStorage.getItem(lock)) {
        await signInSilently();
        if (!held) localStorage.removeItem(lock);
      }
      return session();
    },
    async signed(request) {
      const mayHave = [new URL(issuer).origin, location.origin, ...apis];
      const isOurs = mayHave.includes(new URL(request.url).origin);
      const access = isOurs && !request.headers.has('authorization') ? await token() : null;
      if (!access) return request;
      const signed = new Request(request);
      signed.headers.set('authorization', `Bearer ${access}`);
      return signed;
    },
    async leave(to, { loginHint: login_hint, returnTo = location.href, uiLocales: ui_locales }) {
      const back = ownPage(returnTo);
      const parameters = { login_hint, ui_locales, ...WAYS[to] };
      const { page } = await authorizationUrl(asking, parameters, { silent: false, returnTo: back });
      return leaveFor(page);
    },
    async end(returnTo) {
      if (!held) return;
      const { access, id, refresh: token } = held;
      drop();
      await form('revoke', { token: token ?? access });
      const page = new URL(`${issuer}/oauth2/logout`);
      page.searchParams.set('client_id', clientId);
      if (id) page.searchParams.set('id_token_hint', id);
      if (returnTo) page.searchParams.set('post_logout_redirect_uri', new URL(returnTo, location.href).href);
      await leaveFor(page);
    },
    async heard(message) {
      const said = message as Message;
      if (said.type === 'ask') {
        if (held) say({ type: 'held', held });
        return undefined;
      }
      if (said.type === 'ended') {
        if (!held || held.since > said.since) return undefined;
        held = null;
        return null;
      }
      const isNews = held?.user.id !== said.held.user.id;
      if (!held || said.held.since > held.since) held = said.held;
      if (isFresh()) answered();
      return isNews ? session() : undefined;
    },
  };
}

function nobodyIf401(error: unknown): null {
  if (error instanceof LatchkeyError && error.status === 401) return null;
  throw error;
}
