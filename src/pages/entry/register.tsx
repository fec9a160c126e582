import { Hono, type MiddlewareHandler } from 'hono';
import type { ChallengeGuard } from '../../http/challenge.ts';
import { type AppEnv, clientOf } from '../../http/context.ts';
import { setDeviceCookie } from '../../http/device-cookie.ts';
import { kitMessages, registerMessages } from '../../languages/messages.ts';
import { CreatedPasskey, PasskeyRegisterOptionsBody } from '../../passkeys/schemas.ts';
import { RegisterBody } from '../../passwords/schemas.ts';
import { EmailAddressField, Field, Form, NewPasswordField } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { Icon } from '../kit/icon.tsx';
import { PasskeyForm } from '../kit/passkey-form.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { registeredVisitor, visitorOf } from '../kit/visit.ts';
import { completeSignIn, destinationOf, redirectSignedIn } from './destination.ts';
import { passkeyAnswer } from './passkey-answer.ts';
import {
  areProvidersAbove,
  Greeting,
  OrRule,
  type ProviderButton,
  ProviderButtons,
} from './provider-buttons.tsx';
import type { SignInServices } from './sign-in.tsx';

/** Registering in a browser. */
export function registerPageRoutes(
  services: SignInServices,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  const { anonymous, config, credentials, oauth, passkeyRegistrations, sessions } = services;
  return new Hono<AppEnv>()
    .get('/register', async (c) => {
      const view = viewFor(c);
      const { leadsTo } = destinationOf(c, view, config.ORIGIN);
      const { title, closed, sentTitle, sent, signIn } = registerMessages[view.language];
      const action = { href: view.link('/login'), label: signIn };
      if (view.realm.registration === 'closed') {
        return show(c, view, <MessagePage view={view} title={title} text={closed} action={action} />);
      }
      // The same for new and known addresses.
      if (c.req.query('sent')) {
        return show(c, view, <MessagePage view={view} title={sentTitle} text={sent} action={action} />);
      }
      // The page of signing in leads a signed-in user on.
      if (await registeredVisitor(c, sessions)) return c.redirect(view.link('/login'), 303);
      const providers = oauth.providers(view.realm);
      return show(c, view, <RegisterPage view={view} providers={providers} />, { leadsTo });
    })
    .post('/register', signInLimit, async (c) => {
      const view = viewFor(c);
      const destination = destinationOf(c, view, config.ORIGIN);
      const { email = '', password, name = '', way, solution } = await formOf(c, config.ORIGIN);
      return attempt(
        c,
        view,
        async () => {
          await guard.pass(c, { about: email, solution });
          const fields = { email, ...(name.trim() && { name }), locale: view.language };
          const visitor = await visitorOf(c, sessions);
          // Who has an account adds the passkey to it.
          if (way === 'passkey' && visitor?.anonymous) return c.redirect(view.link('/account/security'), 303);
          if (way === 'passkey') {
            const asked = valid(PasskeyRegisterOptionsBody, fields);
            const device = clientOf(c).device ?? null;
            const options = await passkeyRegistrations.begin(asked, view.realm, device);
            setDeviceCookie(c);
            return show(c, view, <PasskeyPage view={view} options={options} />, {
              leadsTo: destination.leadsTo,
            });
          }
          const body = valid(RegisterBody, { ...fields, password });
          if (visitor?.anonymous) {
            const user = await anonymous.register(body, visitor, view.realm, clientOf(c));
            if (user === 'pending') return c.redirect(view.link('/register', { sent: '1' }), 303);
            return redirectSignedIn(c, view, services, { ...visitor, user }, destination);
          }
          const made = await credentials.register(body, view.realm, clientOf(c));
          if (!('grant' in made)) return c.redirect(view.link('/register', { sent: '1' }), 303);
          return completeSignIn(c, view, services, made, destination);
        },
        (problem) => (
          <RegisterPage
            view={view}
            providers={oauth.providers(view.realm)}
            values={{ email, name }}
            problem={problem}
          />
        ),
        destination.leadsTo,
      );
    })
    .post(
      '/register/passkey',
      signInLimit,
      passkeyAnswer(
        services,
        (sent, realm, client) =>
          passkeyRegistrations.register(valid(CreatedPasskey, sent), realm, client, true),
        (view, problem) => (
          <RegisterPage view={view} providers={oauth.providers(view.realm)} problem={problem} />
        ),
      ),
    );
}

/** Where the browser makes the passkey. */
function PasskeyPage({ view, options }: { view: View; options: object }) {
  const text = registerMessages[view.language];
  return (
    <Frame view={view} title={text.passkeyTitle}>
      <p>{text.passkeyText}</p>
      <PasskeyForm
        creates
        options={options}
        action={view.link('/register/passkey')}
        button={text.passkeyGo}
        failed={text.passkeyFailed}
      />
      <noscript>
        <p class="notice bad">{text.passkeyNoScript}</p>
      </noscript>
      <p class="below">
        <a href={view.link('/register')}>{text.back}</a>
      </p>
    </Frame>
  );
}

function RegisterPage(props: {
  view: View;
  providers: ProviderButton[];
  values?: { email?: string; name?: string };
  problem?: FormProblem | undefined;
}) {
  const { view, providers, values = {}, problem } = props;
  const text = registerMessages[view.language];
  const { password, name, optional } = kitMessages[view.language];
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
      <Form
        view={view}
        problem={problem}
        button={text.button}
        below={
          <>
            <Agreement view={view} />
            <button type="submit" class="plain" name="way" value="passkey" formnovalidate>
              <Icon name="fingerprint-pattern" />
              {text.byPasskey}
            </button>
          </>
        }
      >
        <EmailAddressField view={view} value={values.email} problem={problem} autocomplete="username" />
        <NewPasswordField view={view} label={password} problem={problem} />
        <Field
          name="name"
          label={`${name} (${optional})`}
          value={values.name}
          problem={problem}
          autocomplete="name"
          maxlength={200}
        />
      </Form>
      {!isAbove && providers.length > 0 && (
        <>
          <OrRule view={view} />
          <ProviderButtons view={view} providers={providers} />
        </>
      )}
      <p class="below">
        {text.known} <a href={view.link('/login')}>{text.signIn}</a>
      </p>
    </Frame>
  );
}

/** What who makes an account agrees to, where the realm has it. */
function Agreement({ view }: { view: View }) {
  const { agreement } = registerMessages[view.language];
  const { terms, privacy } = kitMessages[view.language];
  const looks = view.realm.appearance;
  const links = [
    looks.terms && <a href={looks.terms}>{terms}</a>,
    looks.privacy && <a href={looks.privacy}>{privacy}</a>,
  ].filter(Boolean);
  if (links.length === 0) return null;
  return (
    <p class="hint">
      {agreement.before} {links[0]}
      {links.length > 1 && (
        <>
          {' '}
          {agreement.and} {links[1]}
        </>
      )}
      {agreement.after}
    </p>
  );
}
