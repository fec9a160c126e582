import { Hono } from 'hono';
import type { DeviceAuthorizations, WaitingDevice } from '../../authorization-server/device-service.ts';
import type { Directory } from '../../directory/service.ts';
import type { UserRow } from '../../directory/tables.ts';
import { ApiError } from '../../errors.ts';
import { type AppContext, type AppEnv, clientOf, type Principal } from '../../http/context.ts';
import { MFA_PAGE } from '../../http/second-factor.ts';
import { authorizationMessages, deviceMessages } from '../../languages/messages.ts';
import { owedStep } from '../../lib/mfa.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { Sessions } from '../../sessions/service.ts';
import { Field, Form } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf } from '../kit/form-data.ts';
import { deviceName, placeName } from '../kit/format.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { Time } from '../kit/panel.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';
import { ScopeList, SignedInAs } from './consent.tsx';
import { DecisionForm } from './decision.tsx';

/** What the page acts through on which a user lets a device in. */
export interface DeviceServices {
  config: { ORIGIN: string };
  deviceAuthorizations: DeviceAuthorizations;
  directory: Directory;
  oauth: OAuth;
  sessions: Sessions;
}

const PATH = '/device';

/** The verification page of the device authorization grant (RFC 8628, 3.3). */
export function devicePageRoutes(services: DeviceServices) {
  const { config, deviceAuthorizations, directory, oauth, sessions } = services;
  const unknown = (c: AppContext, view: View, typed: string) => {
    const { unknown: message } = deviceMessages[view.language];
    const problem = { summary: message, fields: {} };
    return show(c, view, <CodePage view={view} typed={typed} problem={problem} />, { status: 422 });
  };
  const again = (view: View, typed: string) => (problem: FormProblem) => (
    <CodePage view={view} typed={typed} problem={problem} />
  );
  /** Whom the page is for: everybody else signs in first, or adds the second factor that the realm requires. */
  const admitted = async (c: AppContext, view: View, typed: string): Promise<Principal | Response> => {
    const principal = await visitorOf(c, sessions);
    if (!principal) return c.redirect(signInFor(view, typed, {}), 303);
    const owed = owedStep(view.realm.mfa, principal, principal.factors, Date.now());
    if (owed === 'enrol') return c.redirect(view.path(MFA_PAGE), 303);
    return owed === 'sign_in' ? c.redirect(signInFor(view, typed, { prompt: 'login' }), 303) : principal;
  };
  return new Hono<AppEnv>()
    .get(PATH, async (c) => {
      const view = viewFor(c);
      const typed = c.req.query('user_code') ?? '';
      const done = c.req.query('done');
      if (done === 'allowed' || done === 'denied') return show(c, view, <DonePage view={view} done={done} />);
      const principal = await admitted(c, view, typed);
      if (principal instanceof Response) return principal;
      if (typed === '') return show(c, view, <CodePage view={view} typed="" />);
      const look = async () => {
        const device = await deviceAuthorizations.waiting(typed, view.realm, principal);
        if (!device) return unknown(c, view, typed);
        const user = await directory.get(principal.userId, principal.bookmark);
        const providers = oauth.providers(view.realm);
        return show(c, view, <ConfirmPage view={view} device={device} user={user} providers={providers} />);
      };
      return attempt(c, view, look, again(view, typed));
    })
    .post(PATH, async (c) => {
      const view = viewFor(c);
      const { user_code: typed = '', decision, user } = await formOf(c, config.ORIGIN);
      if (decision !== 'allow' && decision !== 'deny') throw new ApiError('invalid_request');
      const principal = await admitted(c, view, typed);
      if (principal instanceof Response) return principal;
      // Somebody else has signed in meanwhile: they are asked.
      if (user !== principal.userId) return c.redirect(pageFor(view, typed), 303);
      const isAllowed = decision === 'allow';
      const decide = async () => {
        const isTaken = await deviceAuthorizations.decide(
          typed,
          view.realm,
          principal,
          isAllowed,
          clientOf(c),
        );
        if (!isTaken) return unknown(c, view, typed);
        return c.redirect(`${view.path(PATH)}?done=${isAllowed ? 'allowed' : 'denied'}`, 303);
      };
      return attempt(c, view, decide, again(view, typed));
    });
}

function pageFor(view: View, typed: string): string {
  return view.path(PATH) + (typed === '' ? '' : `?${new URLSearchParams({ user_code: typed })}`);
}

function signInFor(view: View, typed: string, query: Record<string, string>): string {
  return `${view.path('/login')}?${new URLSearchParams({ redirect_to: pageFor(view, typed), ...query })}`;
}

/** Asks for the code that the device shows. */
function CodePage(props: { view: View; typed: string; problem?: FormProblem }) {
  const { view, typed, problem } = props;
  const text = deviceMessages[view.language];
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.enter}</p>
      <Form view={view} method="get" action={view.path(PATH)} problem={problem} button={text.continue}>
        <Field
          name="user_code"
          label={text.code}
          hint={text.codeHint}
          value={typed}
          autocomplete="off"
          maxlength={40}
          required
        />
      </Form>
    </Frame>
  );
}

/** Asks whether it is the user's own device, and whether it may: also who comes by a link with the code in it. */
function ConfirmPage(props: {
  view: View;
  device: WaitingDevice;
  user: UserRow;
  providers: readonly { id: string; name: string }[];
}) {
  const { view, device, user, providers } = props;
  const text = deviceMessages[view.language];
  const { another } = authorizationMessages[view.language];
  const { client, createdAt, from, grant, userCode } = device;
  return (
    <Frame view={view} title={text.title}>
      <p>
        <strong>{client.name}</strong> {text.asks} {view.realm.name}.
      </p>
      <p>
        {text.shows}
        <br />
        <strong class="code">{userCode}</strong>
      </p>
      <p class="soft">
        {text.from} {[deviceName(view, from.userAgent), placeName(view, from)].filter(Boolean).join(', ')} (
        {from.ip}), <Time view={view} at={createdAt} />.
      </p>
      <p class="notice">{text.warning}</p>
      <p>
        <SignedInAs view={view} user={user} />
      </p>
      <ScopeList view={view} scopes={grant.scope.split(' ').filter(Boolean)} providers={providers} />
      <DecisionForm
        action={view.path(PATH)}
        userId={user.id}
        hidden={{ user_code: userCode }}
        allow={text.allow}
        deny={text.deny}
      />
      <p class="below">
        <a href={signInFor(view, userCode, { prompt: 'login' })}>{another}</a>
      </p>
    </Frame>
  );
}

function DonePage({ view, done }: { view: View; done: 'allowed' | 'denied' }) {
  const { allowed, apps, denied } = deviceMessages[view.language];
  const { title, text } = done === 'allowed' ? allowed : denied;
  const action = { href: view.path('/account/apps'), label: apps };
  return <MessagePage view={view} title={title} text={text} action={action} />;
}
