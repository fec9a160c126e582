import { Hono } from 'hono';
import type { OAuthClients } from '../../authorization-server/client-service.ts';
import { isRegisteredLogoutUri } from '../../authorization-server/service.ts';
import type { SignedTokens } from '../../authorization-server/signed-tokens-service.ts';
import { ApiError } from '../../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { sentForm } from '../../http/sent-form.ts';
import { clearSessionCookie } from '../../http/session-cookie.ts';
import { signInMessages } from '../../languages/messages.ts';
import type { Sessions } from '../../sessions/service.ts';
import { originToLeadTo } from '../entry/destination.ts';
import { Form } from '../kit/form.tsx';
import { formOf } from '../kit/form-data.ts';
import { Frame } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';

/** What signing out for a client acts through. */
export interface LogoutServices {
  config: { ORIGIN: string };
  sessions: Sessions;
  oauthClients: OAuthClients;
  signedTokens: SignedTokens;
}

/** What a client asks when it sends a user to sign out. */
interface AskedLogout {
  /** Where the user goes then; null for our own page. */
  target: string | null;
  /** The user that the client means, by its ID token; null when it did not say. */
  userId: string | null;
}

/** OpenID Connect RP-Initiated Logout 1.0. */
export function logoutRoutes(services: LogoutServices) {
  const { config, sessions } = services;
  const leave = (c: AppContext, { target }: AskedLogout) =>
    c.redirect(target ?? viewFor(c).path('/logout'), 303);
  const end = async (c: AppContext): Promise<void> => {
    const visitor = await visitorOf(c, sessions);
    if (visitor) await sessions.signOut(visitor.userId, visitor.sessionId, {}, clientOf(c));
    clearSessionCookie(c);
  };
  return new Hono<AppEnv>()
    .get('/oauth2/logout', async (c) => {
      const asked = await askedLogout(c, services, new URL(c.req.url).searchParams);
      const visitor = await visitorOf(c, sessions);
      if (!visitor) return leave(c, asked);
      // Nobody but a client that the user signed in to has such a token: no stranger signs anybody out.
      if (asked.userId === visitor.userId) {
        await end(c);
        return leave(c, asked);
      }
      const view = viewFor(c);
      const leadsTo = asked.target === null ? [] : [originToLeadTo(new URL(asked.target))];
      return show(c, view, <LogoutPage view={view} />, { leadsTo });
    })
    .post('/oauth2/logout', async (c) => {
      const isOwn = c.req.header('origin') === config.ORIGIN;
      const search = new URL(c.req.url).searchParams;
      if (isOwn) {
        const sent = await formOf(c, config.ORIGIN);
        if (sent.sign_out !== undefined) {
          const asked = await askedLogout(c, services, search);
          await end(c);
          return leave(c, asked);
        }
      }
      // From a client's site, to which no cookie goes.
      const asked = await sentForm(c);
      return c.redirect(`${viewFor(c).path('/oauth2/logout')}?${asked}`, 303);
    });
}

/** Throws `invalid_request`, `redirect_not_allowed`: nobody is sent where the client did not register. */
async function askedLogout(
  c: AppContext,
  { oauthClients, signedTokens }: LogoutServices,
  search: URLSearchParams,
): Promise<AskedLogout> {
  const realm = c.get('realm');
  const [hint, uri, state] = ['id_token_hint', 'post_logout_redirect_uri', 'state'].map((name) =>
    search.get(name),
  );
  const read = hint ? await signedTokens.read(realm, hint) : null;
  const claims = read && !read.isAccessToken ? read.claims : null;
  const clientId = search.get('client_id') ?? (typeof claims?.aud === 'string' ? claims.aud : null);
  if (claims && claims.aud !== clientId) {
    throw new ApiError('invalid_request', { detail: 'client_id is not that of the id_token_hint.' });
  }
  const userId = (claims && read?.userId) ?? null;
  if (!uri) return { target: null, userId };
  const client = clientId === null ? null : await oauthClients.find(realm.id, clientId);
  if (!client || !isRegisteredLogoutUri(client, uri)) throw new ApiError('redirect_not_allowed');
  const separator = uri.includes('?') ? '&' : '?';
  const target = state ? `${uri}${separator}${new URLSearchParams({ state })}` : uri;
  return { target, userId };
}

/** Asks whether to sign out: a link alone signs nobody out. */
function LogoutPage({ view }: { view: View }) {
  const text = signInMessages[view.language].signOut;
  return (
    <Frame view={view} title={text.title}>
      <p>{text.text}</p>
      <Form view={view} hidden={{ sign_out: '1' }} button={text.button} />
      <p class="below">
        <a href={view.path('/account')}>{text.stay}</a>
      </p>
    </Frame>
  );
}
