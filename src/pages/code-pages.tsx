import { Field, Form, Hidden, type Problem } from './form.tsx';
import { Frame } from './layout.tsx';
import type { View } from './view.ts';

/** The page where a one-time code is asked for; with `texts` also by text message. */
export function CodeRequestPage(props: {
  view: View;
  texts: boolean;
  to?: string;
  problem?: Problem | undefined;
}) {
  const { view, texts, to, problem } = props;
  const { form, code: text } = view.text;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{texts ? text.anywhere : text.email}</p>
      <Form view={view} problem={problem} button={text.send}>
        <Field
          name="to"
          type={texts ? 'text' : 'email'}
          label={texts ? text.address : form.email}
          {...(texts && { hint: text.addressHint })}
          value={to}
          problem={problem}
          autocomplete="username"
          maxlength={254}
          required
        />
      </Form>
      <p class="below">
        <a href={view.link('/login')}>{text.password}</a>
      </p>
    </Frame>
  );
}

/** The page where a code is entered. Where it went stays in the form: addresses are in no URL. */
export function CodePage({ view, to, problem }: { view: View; to: string; problem?: Problem | undefined }) {
  const text = view.text.code;
  return (
    <Frame view={view} title={text.sentTitle} failed={problem !== undefined}>
      <p>
        {text.sent} <strong>{to}</strong>.
      </p>
      <Form view={view} problem={problem} button={text.button}>
        <Hidden name="to" value={to} />
        <Field
          name="code"
          label={text.code}
          hint={text.codeHint}
          problem={problem}
          autocomplete="one-time-code"
          inputmode="numeric"
          pattern="\s*[0-9]{3}\s?[0-9]{3}\s*"
          maxlength={10}
          required
        />
      </Form>
      <form method="post" class="below">
        <Hidden name="to" value={to} />
        <button type="submit" class="link">
          {text.again}
        </button>
      </form>
      <p class="below">
        <a href={view.link('/login/code')}>{text.other}</a>
      </p>
    </Frame>
  );
}
