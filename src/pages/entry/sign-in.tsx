import { Hono, type MiddlewareHandler } from 'hono';
import type { AnonymousUsers } from '../../anonymous/service.ts';
import type { Directory } from '../../directory/service.ts';
import type { UserRow } from '../../directory/tables.ts';
import { ApiError } from '../../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { clearSessionCookie } from '../../http/session-cookie.ts';
import { signInMessages } from '../../languages/messages.ts';
import type { Language } from '../../lib/language.ts';
import { failingSteadily } from '../../lib/steady.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { PasskeyRegistrations } from '../../passkeys/registration-service.ts';
import { AssertedPasskey } from '../../passkeys/schemas.ts';
import type { Passkeys } from '../../passkeys/service.ts';
import { LoginBody } from '../../passwords/schemas.ts';
import type { Credentials } from '../../passwords/service.ts';
import type { Profiles } from '../../profile/service.ts';
import { allowedRedirect } from '../../realms/redirect-service.ts';
import { CurrentPasswordField, Field, Form } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { Icon } from '../kit/icon.tsx';
import { Avatar } from '../kit/panel.tsx';
import { PasskeyForm } from '../kit/passkey-form.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { registeredVisitor, visitorOf } from '../kit/visit.ts';
import {
  completeSignIn,
  destinationOf,
  originToLeadTo,
  redirectSignedIn,
  type SignInCompletion,
} from './destination.ts';
import { passkeyAnswer } from './passkey-answer.ts';
import {
  areProvidersAbove,
  Greeting,
  OrRule,
  type ProviderButton,
  ProviderButtons,
  WayButton,
} from './provider-buttons.tsx';

/** What the pages of signing in act through. */
export interface SignInServices extends SignInCompletion {
  config: { ORIGIN: string };
  directory: Directory;
  profiles: Profiles;
  credentials: Credentials;
  anonymous: AnonymousUsers;
  oauth: OAuth;
  passkeys: Passkeys;
  passkeyRegistrations: PasskeyRegistrations;
}

/** Signing in and out in a browser. */
export function signInPageRoutes(services: SignInServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, directory, credentials, oauth, passkeys, sessions } = services;
  const signInPage = (view: View, more: { identifier?: string; problem?: FormProblem } = {}) => (
    <SignInPage view={view} providers={oauth.providers(view.realm)} {...more} />
  );
  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      const view = viewFor(c);
      const { leadsTo, href, app } = destinationOf(c, view, config.ORIGIN);
      const { error, prompt, provider } = c.req.query();
      // `login` asks for another sign-in even of a user who is signed in (OpenID Connect Core, 3.1.2.1).
      const visitor = prompt === 'login' ? null : await registeredVisitor(c, sessions);
      // Where a provider posts, the callback cannot see who is signed in.
      const isOver = error === 'oauth_state_invalid' && visitor !== null;
      if (error && !isOver) {
        const summary = providerError(view.language, error, oauth.providers(view.realm), provider);
        return show(c, view, signInPage(view, { problem: { summary, fields: {} } }), { leadsTo });
      }
      const identifier = c.req.query('login_hint')?.slice(0, 254);
      if (!visitor)
        return show(c, view, signInPage(view, identifier === undefined ? {} : { identifier }), { leadsTo });
      if (!app) return c.redirect(href, 303);
      const user = await directory.get(visitor.userId, visitor.bookmark);
      return show(c, view, <AccountChoicePage view={view} user={user} />, { leadsTo });
    })
    .post('/login', signInLimit, async (c) => {
      const view = viewFor(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { leadsTo } = destination;
      const { identifier = '', password, proceed } = await formOf(c, config.ORIGIN);
      if (proceed !== undefined) {
        const visitor = await registeredVisitor(c, sessions);
        if (!visitor) return show(c, view, signInPage(view), { leadsTo });
        const user = await directory.get(visitor.userId, visitor.bookmark);
        return redirectSignedIn(c, view, services, { ...visitor, user }, destination);
      }
      return attempt(
        c,
        view,
        async () => {
          const body = valid(LoginBody, { identifier, password });
          const signedIn = await failingSteadily(() => credentials.login(body, view.realm, clientOf(c)));
          const asksForNew = signedIn.passwordBreached && c.req.query('redirect_to') === undefined;
          const href = view.link('/account/security', { done: 'password_breached' });
          const leads = asksForNew ? { ...destination, href } : destination;
          return completeSignIn(c, view, services, signedIn, leads);
        },
        (problem) => signInPage(view, { identifier, problem }),
        leadsTo,
      );
    })
    .post(
      '/login/passkey',
      signInLimit,
      passkeyAnswer(
        services,
        (sent, realm, client) => passkeys.signIn(valid(AssertedPasskey, sent), realm, client, true),
        (view, problem) => signInPage(view, { problem }),
      ),
    )
    .get('/logout', async (c) => {
      const view = viewFor(c);
      const target = afterSignOut(c, view, config.ORIGIN);
      const visitor = await visitorOf(c, sessions);
      if (visitor) return show(c, view, <SignOutPage view={view} />, { leadsTo: target?.origins ?? [] });
      return target ? c.redirect(target.href, 303) : show(c, view, <SignedOutPage view={view} />);
    })
    .post('/logout', async (c) => {
      const view = viewFor(c);
      const target = afterSignOut(c, view, config.ORIGIN);
      await formOf(c, config.ORIGIN);
      const visitor = await visitorOf(c, sessions);
      if (visitor) await sessions.signOut(visitor.userId, visitor.sessionId, {}, clientOf(c));
      clearSessionCookie(c);
      return c.redirect(target?.href ?? view.link('/logout'), 303);
    });
}

/** Where `/logout?redirect_to=` leads in the end, or null. Throws `redirect_not_allowed`. */
function afterSignOut(
  c: AppContext,
  { realm }: View,
  origin: string,
): { href: string; origins: string[] } | null {
  const target = c.req.query('redirect_to');
  if (target === undefined) return null;
  const url = allowedRedirect(realm, origin, target);
  if (!url) throw new ApiError('redirect_not_allowed');
  return { href: url.href, origins: [originToLeadTo(url)] };
}

/** Why a provider signed nobody in. A code that is not in the catalogue gets a general text: anybody can write a query. */
function providerError(
  language: Language,
  code: string,
  providers: ProviderButton[],
  id: string | undefined,
): string {
  const { providerErrors } = signInMessages[language];
  const name = providers.find((provider) => provider.id === id)?.name;
  const known = name !== undefined && Object.hasOwn(providerErrors, code) ? providerErrors[code] : undefined;
  return known?.(name ?? '') ?? providerErrors.other('');
}

/** The page of signing in; `problem` is why nobody was. */
export function SignInPage(props: {
  view: View;
  providers: ProviderButton[];
  identifier?: string;
  problem?: FormProblem | undefined;
}) {
  const { view, providers, identifier, problem } = props;
  const text = signInMessages[view.language].signIn;
  const isAbove = areProvidersAbove(view) && providers.length > 0;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <Greeting view={view} />
      {isAbove && (
        <>
          <ProviderButtons view={view} providers={providers} />
          <OrRule view={view} />
        </>
      )}
      <Form view={view} problem={problem} button={text.button}>
        <Field
          name="identifier"
          label={text.identifier}
          value={identifier}
          problem={problem}
          autocomplete="username webauthn"
          maxlength={254}
          required
        />
        <CurrentPasswordField
          view={view}
          problem={problem}
          aside={<a href={view.link('/forgot-password')}>{text.forgot}</a>}
        />
      </Form>
      {problem?.code === 'email_not_verified' && (
        <p class="below">
          <a href={view.link('/verify-email')}>{text.confirm}</a>
        </p>
      )}
      <OrRule view={view} />
      <PasskeyForm
        options={{ from: view.path('/v1/auth/passkeys/options') }}
        action={view.link('/login/passkey')}
        button={text.byPasskey}
        icon={<Icon name="fingerprint-pattern" />}
        look="plain"
        lastUsed={text.lastUsed}
        failed={text.passkeyFailed}
      />
      <ProviderButtons view={view} providers={isAbove ? [] : providers}>
        <WayButton view={view} way="link" icon="mail" href={view.link('/login/link')}>
          {text.byLink}
        </WayButton>
        <WayButton view={view} way="code" icon="smartphone" href={view.link('/login/code')}>
          {text.byCode}
        </WayButton>
      </ProviderButtons>
      {view.realm.registration !== 'closed' && (
        <p class="below">
          {text.newHere} <a href={view.link('/register')}>{text.register}</a>
        </p>
      )}
    </Frame>
  );
}

/** Asks a signed-in user whether an app may know who they are, or whether they mean another account. */
function AccountChoicePage({ view, user }: { view: View; user: UserRow }) {
  const text = signInMessages[view.language].proceed;
  const name = user.name ?? user.email;
  return (
    <Frame view={view} title={text.title}>
      <p class="lead">{text.signedInAs}</p>
      <p class="person">
        <Avatar user={user} small />
        <strong>{name}</strong>
      </p>
      <Form view={view} hidden={{ proceed: '1' }} button={text.button(name)} />
      <p class="below">
        <a href={view.link('/login', { prompt: 'login' })}>{text.other}</a>
      </p>
    </Frame>
  );
}

/** Asks whether to sign out: a link alone signs nobody out. */
function SignOutPage({ view }: { view: View }) {
  const text = signInMessages[view.language].signOut;
  return (
    <Frame view={view} title={text.title}>
      <p>{text.text}</p>
      <Form view={view} button={text.button} />
      <p class="below">
        <a href={view.link('/account')}>{text.stay}</a>
      </p>
    </Frame>
  );
}

function SignedOutPage({ view }: { view: View }) {
  const { doneTitle, done, again } = signInMessages[view.language].signOut;
  const action = { href: view.link('/login'), label: again };
  return <MessagePage view={view} title={doneTitle} text={done} action={action} />;
}
