import { Hono } from 'hono';
import {
  type ClientAnswer,
  type ClientAuthorizations,
  type NextStep,
  SINCE,
  type UserWord,
} from '../../authorization-server/authorization-service.ts';
import { MAX_REQUEST } from '../../authorization-server/schemas.ts';
import type { Directory } from '../../directory/service.ts';
import { ApiError } from '../../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { MFA_PAGE } from '../../http/second-factor.ts';
import { bringsForm, sentForm } from '../../http/sent-form.ts';
import type { Sessions } from '../../sessions/service.ts';
import { originToLeadTo } from '../entry/destination.ts';
import { formOf } from '../kit/form-data.ts';
import { show, type View, viewFor } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';
import { ConsentPage, OnwardPage, SUBMIT } from './consent.tsx';
import { type DeviceServices, devicePageRoutes } from './device.tsx';
import { type LogoutServices, logoutRoutes } from './logout.tsx';

/** What the pages act through on which a user lets an app in. */
export interface AuthorizationServices extends LogoutServices, DeviceServices {
  config: { ORIGIN: string };
  authorizations: ClientAuthorizations;
  directory: Directory;
  sessions: Sessions;
}

/** The authorization endpoint (RFC 6749, 3.1), where browsers come from clients and go back to them. */
export function authorizationPageRoutes(services: AuthorizationServices) {
  const { authorizations, config, directory, oauth, sessions } = services;
  const next = async (c: AppContext, search: URLSearchParams, word: UserWord | null = null) =>
    authorizations.next(search, c.get('realm'), await visitorOf(c, sessions), clientOf(c), word);
  const take = async (c: AppContext, search: URLSearchParams, step: NextStep): Promise<Response> => {
    const view = viewFor(c);
    if (step.next === 'sign_in') return c.redirect(signInFor(view, search, step), 303);
    if (step.next === 'enrol') return c.redirect(enrolFor(view, search), 303);
    if (step.next === 'answer') return sendAnswer(c, view, step.answer);
    const { asked, organizations, principal } = step;
    const user = await directory.get(principal.userId, principal.bookmark);
    const providers = oauth.providers(view.realm);
    const about = { asked, user, providers, organizations, search };
    const page = <ConsentPage view={view} {...about} />;
    return show(c, view, page, { leadsTo: [leadOf(asked.redirectUri)] });
  };
  return new Hono<AppEnv>()
    .get('/oauth2/authorize', async (c) => {
      const search = new URL(c.req.url).searchParams;
      return take(c, search, await next(c, search));
    })
    .post('/oauth2/authorize', async (c) => {
      // It may come from the client's own site, to which no cookie goes: asked again by GET it has them.
      if (!bringsForm(c)) throw new ApiError('unsupported_media_type');
      const search = await sentForm(c);
      // Of an address that is too long browsers and proxies make what they like.
      if (search.toString().length > MAX_REQUEST) {
        throw new ApiError('invalid_request', { detail: 'The request is too long: push it (RFC 9126).' });
      }
      return c.redirect(`${viewFor(c).path('/oauth2/authorize')}?${search}`, 303);
    })
    .post('/oauth2/consent', async (c) => {
      const search = new URL(c.req.url).searchParams;
      const { decision, user = '', organization } = await formOf(c, config.ORIGIN);
      if (decision !== 'allow' && decision !== 'deny') throw new ApiError('invalid_request');
      const word = { allowed: decision === 'allow', userId: user, organizationId: organization || null };
      return take(c, search, await next(c, search, word));
    })
    .route('/', devicePageRoutes(services))
    .route('/', logoutRoutes(services));
}

/** Where a user signs in for a request, and comes back to it from there. */
function signInFor(view: View, search: URLSearchParams, step: NextStep & { next: 'sign_in' }): string {
  const back = new URLSearchParams(search);
  back.set(SINCE, step.since);
  // Of a pushed request it stands nowhere else, and the page of sign-in has to allow it to browsers.
  back.set('redirect_uri', step.redirectUri);
  const query = {
    redirect_to: `${view.path('/oauth2/authorize')}?${back}`,
    // A user who is signed in is asked all the same.
    ...(step.anew && { prompt: 'login' }),
    ...(step.loginHint !== null && { login_hint: step.loginHint }),
    // Of a pushed request it stands in no address.
    ...(step.uiLocales !== null && { ui_locales: step.uiLocales }),
  };
  const isNew = step.create && view.realm.registration !== 'closed';
  return `${view.path(isNew ? '/register' : '/login')}?${new URLSearchParams(query)}`;
}

/** Where a user adds a second factor for a request, and goes on with it from there. */
function enrolFor(view: View, search: URLSearchParams): string {
  const back = { redirect_to: `${view.path('/oauth2/authorize')}?${search}` };
  return `${view.path(MFA_PAGE)}?${new URLSearchParams(back)}`;
}

/** Sends an answer to the client, to nowhere but an address that it registered. */
function sendAnswer(c: AppContext, view: View, answer: ClientAnswer): Response | Promise<Response> {
  const { parameters, redirectUri, responseMode } = answer;
  if (responseMode === 'form_post') {
    const page = <OnwardPage view={view} action={redirectUri} fields={parameters} />;
    return show(c, view, page, { leadsTo: [leadOf(redirectUri)], script: SUBMIT });
  }
  return c.redirect(withParameters(redirectUri, parameters), 303);
}

/** An address with parameters beside those that it has; for the rest as it was registered. */
export function withParameters(address: string, parameters: Record<string, string>): string {
  const query = new URLSearchParams(parameters).toString();
  if (query === '') return address;
  return `${address}${address.includes('?') ? '&' : '?'}${query}`;
}

function leadOf(redirectUri: string): string {
  return originToLeadTo(new URL(redirectUri));
}
