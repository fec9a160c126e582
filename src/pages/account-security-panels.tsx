import { ACCOUNT_PAGES, Panel } from './account-frame.tsx';
import { refusedIn, type Shown } from './account-page.tsx';
import type { Visit } from './account-visit.ts';
import { Field, Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

interface PanelProps {
  visit: Visit;
  shown: Shown;
}

/** The password: changed, or for an account that has none, set by a link in a mail. */
export function PasswordPanel({ visit, shown, hasPassword }: PanelProps & { hasPassword: boolean }) {
  const { principal, view } = visit;
  const { security: text, verifyFirst } = view.text.account;
  if (!hasPassword) {
    return (
      <Panel id="password-title" title={text.password}>
        <p>{text.noPassword}</p>
        <Form view={view} button={text.setPassword} look="plain">
          <Hidden name="form" value="set_password" />
        </Form>
      </Panel>
    );
  }
  const problem = refusedIn(shown, 'password')?.problem;
  const disabled = !principal.emailVerified;
  return (
    <Panel id="password-title" title={text.password}>
      <p class="soft">{disabled ? verifyFirst : text.passwordText}</p>
      <Form view={view} problem={problem} button={text.change} disabled={disabled}>
        <Hidden name="form" value="password" />
        <Field
          name="current_password"
          type="password"
          label={text.current}
          problem={problem}
          autocomplete="current-password"
          maxlength={512}
          required
        />
        <Field
          name="new_password"
          type="password"
          label={view.text.form.newPassword}
          hint={view.text.form.passwordHint}
          problem={problem}
          autocomplete="new-password"
          minlength={8}
          maxlength={256}
          required
        />
      </Form>
    </Panel>
  );
}

/** The e-mail address, and its change. */
export function EmailPanel({ visit, shown, hasPassword }: PanelProps & { hasPassword: boolean }) {
  const { principal, user, view } = visit;
  const { security: text, verifyFirst } = view.text.account;
  const refused = refusedIn(shown, 'email');
  const disabled = !principal.emailVerified;
  return (
    <Panel id="email-title" title={text.email}>
      <p>
        {user.email} <State view={view} verified={principal.emailVerified} />
      </p>
      {hasPassword ? (
        <Form
          view={view}
          problem={refused?.problem}
          button={text.changeEmail}
          look="plain"
          disabled={disabled}
        >
          <Hidden name="form" value="email" />
          <Field
            name="email"
            type="email"
            label={text.newEmail}
            hint={disabled ? verifyFirst : text.emailHint}
            value={refused?.values.email}
            problem={refused?.problem}
            autocomplete="email"
            maxlength={254}
            required
          />
          <Field
            name="password"
            type="password"
            label={view.text.form.password}
            problem={refused?.problem}
            autocomplete="current-password"
            maxlength={512}
            required
          />
        </Form>
      ) : (
        <p class="soft">{text.passwordFirst}</p>
      )}
    </Panel>
  );
}

/** The phone number, and its proof by a code where texts can be sent. */
export function PhonePanel({ visit, shown, canText }: PanelProps & { canText: boolean }) {
  const { user, view } = visit;
  const text = view.text.account.security;
  if (user.phoneNumber === null) {
    return (
      <Panel id="phone-title" title={text.phone}>
        <p class="soft">
          {text.noPhone} <a href={view.link(ACCOUNT_PAGES.profile)}>{text.addPhone}</a>
        </p>
      </Panel>
    );
  }
  const refused = refusedIn(shown, 'code');
  const isAsked = shown.done === 'code_sent' || refused !== undefined;
  return (
    <Panel id="phone-title" title={text.phone}>
      <p>
        {user.phoneNumber} <State view={view} verified={user.phoneNumberVerified} />
      </p>
      {!user.phoneNumberVerified && <p class="soft">{canText ? text.phoneText : text.unreachable}</p>}
      {!user.phoneNumberVerified && canText && (
        <>
          {isAsked && (
            <Form view={view} problem={refused?.problem} button={text.confirm}>
              <Hidden name="form" value="code" />
              <Field
                name="code"
                label={text.code}
                problem={refused?.problem}
                autocomplete="one-time-code"
                inputmode="numeric"
                pattern="\s*(\d\s*){6}"
                required
              />
            </Form>
          )}
          <Form
            view={view}
            problem={refusedIn(shown, 'send_code')?.problem}
            button={isAsked ? text.sendAnother : text.sendCode}
            look="plain"
          >
            <Hidden name="form" value="send_code" />
          </Form>
        </>
      )}
    </Panel>
  );
}

function State({ view, verified }: { view: View; verified: boolean }) {
  const text = view.text.account.security;
  return (
    <span class={verified ? 'badge good' : 'badge bad'}>{verified ? text.verified : text.unverified}</span>
  );
}
