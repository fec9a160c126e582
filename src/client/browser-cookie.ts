import {
  ask,
  type KeeperParts,
  leaveFor,
  ownPage,
  type Session,
  type SessionKeeper,
  type SignInOptions,
} from './browser-session.ts';
import { errorOf } from './errors.ts';

const PAGES = { signIn: '/login', signUp: '/register', stepUp: '/login' };

/** A session that is a cookie of the issuer, which shares a site with the page. */
export function cookieSession({ issuer, tell }: KeeperParts): SessionKeeper {
  const find = async (): Promise<Session | null> => {
    const answer = await ask(`${issuer}/v1/me`, { credentials: 'include' });
    if (answer.status === 401) return null;
    if (!answer.ok) throw await errorOf(answer);
    const { id, name, email, email_verified, picture, anonymous } = await answer.json();
    return { user: { id, name, email: anonymous ? null : email, emailVerified: email_verified, picture } };
  };
  return {
    find,
    token: async () => null,
    signed: async (request) =>
      request.url.startsWith(`${issuer}/`) ? new Request(request, { credentials: 'include' }) : request,
    leave(to, { returnTo = location.href, uiLocales }: SignInOptions) {
      const page = new URL(issuer + PAGES[to]);
      page.searchParams.set('redirect_to', new URL(returnTo, location.href).href);
      if (to === 'stepUp') page.searchParams.set('prompt', 'login');
      if (uiLocales) page.searchParams.set('ui_locales', uiLocales);
      return leaveFor(page);
    },
    async end(returnTo) {
      const back = returnTo && ownPage(returnTo);
      const answer = await ask(`${issuer}/v1/auth/logout`, { method: 'POST', credentials: 'include' });
      // 401: it was over already.
      if (!answer.ok && answer.status !== 401) throw await errorOf(answer);
      tell('changed');
      if (back) location.assign(back);
    },
    heard: find,
  };
}
