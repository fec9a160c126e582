import { Field, Form, Hidden, type Problem } from './form.tsx';
import { Frame } from './layout.tsx';
import type { View } from './view.ts';

/** A page that does what a link is for when its button is pressed: programs that follow links press none. */
export function ConfirmPage(props: {
  view: View;
  text: { title: string; text: string; button: string };
  token: string;
}) {
  const { view, text, token } = props;
  return (
    <Frame view={view} title={text.title}>
      <p>{text.text}</p>
      <Form view={view} button={text.button}>
        <Hidden name="token" value={token} />
      </Form>
    </Frame>
  );
}

/** A page that asks for an address, to mail a link to. */
export function AddressPage(props: {
  view: View;
  text: { title: string; text: string; button: string };
  email?: string;
  problem?: Problem | undefined;
}) {
  const { view, text, email, problem } = props;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      <Form view={view} problem={problem} button={text.button}>
        <Field
          name="email"
          type="email"
          label={view.text.form.email}
          value={email}
          problem={problem}
          autocomplete="email"
          maxlength={254}
          required
        />
      </Form>
      <p class="below">
        <a href={view.link('/login')}>{view.text.forgot.back}</a>
      </p>
    </Frame>
  );
}

/** The page where a new password is chosen. Whose it is, a link alone does not say. */
export function ResetPage(props: { view: View; token: string; problem?: Problem | undefined }) {
  const { view, token, problem } = props;
  const { form, reset: text } = view.text;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      <Form view={view} problem={problem} button={text.button}>
        <Hidden name="token" value={token} />
        <Field
          name="password"
          type="password"
          label={form.newPassword}
          hint={form.passwordHint}
          problem={problem}
          autocomplete="new-password"
          minlength={8}
          maxlength={256}
          required
        />
      </Form>
    </Frame>
  );
}
