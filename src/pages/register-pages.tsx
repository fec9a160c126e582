import { Field, Form, type Problem } from './form.tsx';
import { Frame, MessagePage } from './layout.tsx';
import { Or, type Provider, ProviderButtons } from './provider-buttons.tsx';
import type { View } from './view.ts';

/** The page where somebody makes an account. */
export function RegisterPage(props: {
  view: View;
  providers: Provider[];
  values?: { email?: string; name?: string };
  problem?: Problem | undefined;
}) {
  const { view, providers, values = {}, problem } = props;
  const { form, register: text } = view.text;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <Form view={view} problem={problem} button={text.button}>
        <Field
          name="email"
          type="email"
          label={form.email}
          value={values.email}
          problem={problem}
          autocomplete="username"
          maxlength={254}
          required
        />
        <Field
          name="password"
          type="password"
          label={form.password}
          hint={form.passwordHint}
          problem={problem}
          autocomplete="new-password"
          minlength={8}
          maxlength={256}
          required
        />
        <Field
          name="name"
          label={`${form.name} (${form.optional})`}
          value={values.name}
          problem={problem}
          autocomplete="name"
          maxlength={200}
        />
      </Form>
      {providers.length > 0 && <Or view={view} />}
      <ProviderButtons view={view} providers={providers} />
      <p class="below">
        {text.known} <a href={view.link('/login')}>{text.signIn}</a>
      </p>
    </Frame>
  );
}

/** Says that no accounts are made here. */
export function RegistrationClosedPage({ view }: { view: View }) {
  const { title, closed, signIn } = view.text.register;
  const action = { href: view.link('/login'), label: signIn };
  return <MessagePage view={view} title={title} text={closed} action={action} />;
}

/** Says that a mail leads on: the same for new and known addresses. */
export function RegisteredPage({ view }: { view: View }) {
  const { sentTitle, sent, signIn } = view.text.register;
  const action = { href: view.link('/login'), label: signIn };
  return <MessagePage view={view} title={sentTitle} text={sent} action={action} />;
}
