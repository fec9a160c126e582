import { Frame } from './layout.tsx';
import type { View } from './view.ts';

/** A page that does what a link is for when its button is pressed: programs that follow links press none. */
export function ConfirmPage(props: {
  view: View;
  title: string;
  text: string;
  button: string;
  token: string;
}) {
  const { view, title, text, button, token } = props;
  return (
    <Frame view={view} title={title}>
      <p>{text}</p>
      <form method="post">
        <input type="hidden" name="token" value={token} />
        <button type="submit">{button}</button>
      </form>
    </Frame>
  );
}

/** The page where a new password is chosen. */
export function ResetPage(props: { view: View; token: string; error?: string | undefined }) {
  const { view, token, error } = props;
  return (
    <Frame view={view} title="Choose a new password">
      <p>All your devices will be signed out.</p>
      <form method="post">
        <input type="hidden" name="token" value={token} />
        {error && (
          <p class="error" role="alert" id="problem">
            {error}
          </p>
        )}
        <label>
          New password
          <input
            type="password"
            name="password"
            autocomplete="new-password"
            required
            minlength={8}
            maxlength={256}
            aria-invalid={error ? 'true' : undefined}
            aria-describedby={error ? 'problem' : undefined}
          />
          <span class="hint">
            At least 8 characters. A few random words are both strong and easy to keep.
          </span>
        </label>
        <button type="submit">Set password</button>
      </form>
    </Frame>
  );
}

/** The page where a reset link is asked for. */
export function ForgotPage(props: { view: View; error?: string | undefined }) {
  const { view, error } = props;
  return (
    <Frame view={view} title="Forgot your password?">
      <p>We mail you a link to choose a new one.</p>
      <form method="post">
        {error && (
          <p class="error" role="alert" id="problem">
            {error}
          </p>
        )}
        <label>
          E-mail address
          <input
            type="email"
            name="email"
            autocomplete="email"
            required
            aria-invalid={error ? 'true' : undefined}
            aria-describedby={error ? 'problem' : undefined}
          />
        </label>
        <button type="submit">Send the link</button>
      </form>
    </Frame>
  );
}
