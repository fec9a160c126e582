import { Field, Form, Hidden, type Problem } from './form.tsx';
import { Frame, MessagePage } from './layout.tsx';
import { Or, type Provider, ProviderButtons } from './provider-buttons.tsx';
import type { View } from './view.ts';

/** The page where somebody signs in. */
export function SignInPage(props: {
  view: View;
  providers: Provider[];
  identifier?: string;
  problem?: Problem | undefined;
}) {
  const { view, providers, identifier, problem } = props;
  const text = view.text.signIn;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <Form view={view} problem={problem} button={text.button}>
        <Field
          name="identifier"
          label={text.identifier}
          value={identifier}
          problem={problem}
          autocomplete="username"
          maxlength={254}
          required
        />
        <Field
          name="password"
          type="password"
          label={view.text.form.password}
          problem={problem}
          autocomplete="current-password"
          maxlength={512}
          required
          aside={<a href={view.link('/forgot-password')}>{text.forgot}</a>}
        />
      </Form>
      {problem?.code === 'email_not_verified' && (
        <p class="below">
          <a href={view.link('/verify-email')}>{text.confirm}</a>
        </p>
      )}
      <Or view={view} />
      <ProviderButtons view={view} providers={providers}>
        <a class="button plain" href={view.link('/login/code')}>
          {text.byCode}
        </a>
      </ProviderButtons>
      {view.realm.registration !== 'closed' && (
        <p class="below">
          {text.newHere} <a href={view.link('/register')}>{text.register}</a>
        </p>
      )}
    </Frame>
  );
}

/** Asks who is signed in whether an app may know them, or another account is meant. */
export function ProceedPage({ view, name }: { view: View; name: string }) {
  const text = view.text.proceed;
  return (
    <Frame view={view} title={text.title}>
      <p>
        {text.signedInAs} <strong>{name}</strong>.
      </p>
      <Form view={view} button={text.button(name)}>
        <Hidden name="proceed" value="1" />
      </Form>
      <p class="below">
        <a href={view.link('/login', { prompt: 'login' })}>{text.other}</a>
      </p>
    </Frame>
  );
}

/** Asks whether to sign out: a link alone signs nobody out. */
export function SignOutPage({ view }: { view: View }) {
  const text = view.text.signOut;
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

/** Says that nobody is signed in. */
export function SignedOutPage({ view }: { view: View }) {
  const { doneTitle, done, again } = view.text.signOut;
  return (
    <MessagePage
      view={view}
      title={doneTitle}
      text={done}
      action={{ href: view.link('/login'), label: again }}
    />
  );
}
