import { Page, type PageBrand } from './layout.tsx';

/** A page that does what a link is for when its button is pressed: programs that follow links press none. */
export function ConfirmPage(props: {
  brand: PageBrand;
  title: string;
  text: string;
  button: string;
  token: string;
}) {
  const { brand, title, text, button, token } = props;
  return (
    <Page brand={brand} title={title}>
      <p>{text}</p>
      <form method="post">
        <input type="hidden" name="token" value={token} />
        <button type="submit">{button}</button>
      </form>
    </Page>
  );
}

/** A page that only says something. */
export function MessagePage(props: {
  brand: PageBrand;
  title: string;
  text: string;
  action?: { href: string; label: string };
}) {
  const { brand, title, text, action } = props;
  return (
    <Page brand={brand} title={title}>
      <p>{text}</p>
      {action && (
        <p>
          <a href={action.href}>{action.label}</a>
        </p>
      )}
    </Page>
  );
}

/** The page where a new password is chosen. */
export function ResetPage(props: { brand: PageBrand; token: string; error?: string | undefined }) {
  const { brand, token, error } = props;
  return (
    <Page brand={brand} title="Choose a new password">
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
    </Page>
  );
}

/** The page where a reset link is asked for. */
export function ForgotPage(props: { brand: PageBrand; error?: string | undefined }) {
  const { brand, error } = props;
  return (
    <Page brand={brand} title="Forgot your password?">
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
    </Page>
  );
}
