import { Field, Form, type Problem } from './form.tsx';
import { Frame } from './layout.tsx';
import type { View } from './view.ts';

/** The page where somebody signs in. */
export function SignInPage(props: { view: View; identifier?: string; problem?: Problem | undefined }) {
  const { view, identifier, problem } = props;
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
      <p class="below">
        {text.newHere} <a href={view.link('/register')}>{text.register}</a>
      </p>
    </Frame>
  );
}
