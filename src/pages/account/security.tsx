import type { MiddlewareHandler } from 'hono';
import { CodeVerifyBody } from '../../codes/schemas.ts';
import { ApiError } from '../../errors.ts';
import { type AppEnv, clientOf } from '../../http/context.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { PasswordChangeBody } from '../../passwords/schemas.ts';
import { EmailChangeBody } from '../../verification/schemas.ts';
import {
  CurrentPasswordField,
  EmailAddressField,
  Form,
  NewPasswordField,
  OneTimeCodeInput,
} from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Badge, Panel } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { accountMessages } from './messages.ts';
import { PasskeyPanel, passkeyForms } from './passkeys.tsx';
import { securityMessages } from './security-messages.ts';
import { type AccountServices, accountArea } from './visit.ts';

/** What a user signs in with: password, passkeys, email address and phone number. */
export function securityPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { codes, credentials, emails, passkeys, resets } = services;
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.security,
    messages: securityMessages,
    limit: signInLimit,
    forms: {
      password: {
        verified: true,
        passwordField: 'current_password',
        act: async (c, { principal, view }, { current_password, new_password }) => {
          const body = valid(PasswordChangeBody, { current_password, new_password });
          await credentials.changePassword(body, principal, view.realm, clientOf(c));
          return 'password_changed';
        },
      },
      set_password: {
        act: async (c, { user, view }) => {
          await resets.forgot(user.email, view.realm, clientOf(c));
          return 'password_mailed';
        },
      },
      ...passkeyForms(passkeys),
      email: {
        verified: true,
        passwordField: 'password',
        act: async (c, { principal, view }, { email, password }) => {
          await emails.requestChange(
            valid(EmailChangeBody, { email, password }),
            principal,
            view.realm,
            clientOf(c),
          );
          return 'email_asked';
        },
      },
      resend: {
        act: async (c, { user, view }) => {
          await emails.resend(user.email, view.realm, clientOf(c));
          return 'link_sent';
        },
      },
      send_code: {
        names: { to: 'code' },
        act: async (c, { principal, user, view }) => {
          await codes.send({ channel: 'sms', to: phoneOf(user) }, view.realm, clientOf(c), principal);
          return 'code_sent';
        },
      },
      code: {
        fresh: true,
        act: async (c, { principal, user, view }, values) => {
          const body = valid(CodeVerifyBody, { channel: 'sms', to: phoneOf(user), code: values.code });
          await codes.provePhoneNumber(body, body, principal, view.realm, clientOf(c));
          return 'phone_verified';
        },
      },
    },
    render: async (_, visit, shown) => {
      const { phoneNumber } = visit.user;
      const [hasPassword, known] = await Promise.all([
        credentials.hasPassword(visit.user.id),
        passkeys.list(visit.user.id),
      ]);
      const canText = phoneNumber !== null && codes.canText(phoneNumber);
      return (
        <AccountFrame visit={visit} page="security" shown={shown}>
          <PasswordPanel visit={visit} shown={shown} hasPassword={hasPassword} />
          <PasskeyPanel visit={visit} shown={shown} known={known} />
          <EmailPanel visit={visit} shown={shown} hasPassword={hasPassword} />
          <PhonePanel visit={visit} shown={shown} canText={canText} />
        </AccountFrame>
      );
    },
  });
}

function phoneOf({ phoneNumber }: Visit['user']): string {
  // The number was taken out of the profile while the page was open.
  if (phoneNumber === null) throw new ApiError('conflict');
  return phoneNumber;
}

interface PanelProps {
  visit: Visit;
  shown: Shown;
}

/** Changes the password; an account that has none gets a link to set one. */
function PasswordPanel({ visit, shown, hasPassword }: PanelProps & { hasPassword: boolean }) {
  const { principal, view } = visit;
  const text = securityMessages[view.language];
  if (isPlaceholder(visit.user.email)) {
    return (
      <Panel id="password-title" title={text.password}>
        <p class="soft">{addressNeeded(visit)}</p>
      </Panel>
    );
  }
  if (!hasPassword) {
    return (
      <Panel id="password-title" title={text.password}>
        <p>{text.noPassword}</p>
        <Form view={view} name="set_password" button={text.setPassword} look="plain" />
      </Panel>
    );
  }
  const problem = refusedIn(shown, 'password')?.problem;
  const disabled = !principal.emailVerified;
  return (
    <Panel id="password-title" title={text.password}>
      <p class="soft">{disabled ? addressNeeded(visit) : text.passwordText}</p>
      <Form view={view} name="password" problem={problem} button={text.change} disabled={disabled}>
        <CurrentPasswordField view={view} name="current_password" label={text.current} problem={problem} />
        <NewPasswordField view={view} name="new_password" problem={problem} />
      </Form>
    </Panel>
  );
}

function EmailPanel({ visit, shown, hasPassword }: PanelProps & { hasPassword: boolean }) {
  const { principal, user, view } = visit;
  const text = securityMessages[view.language];
  const { problem, values } = refusedIn(shown, 'email') ?? {};
  const disabled = !principal.emailVerified;
  if (isPlaceholder(user.email)) {
    return (
      <Panel id="email-title" title={text.email}>
        <p class="soft">
          <a href={view.link('/login/code')}>{accountMessages[view.language].unregistered.add}</a>
        </p>
      </Panel>
    );
  }
  return (
    <Panel id="email-title" title={text.email}>
      <p>
        {user.email} <VerifiedBadge view={view} verified={principal.emailVerified} />
      </p>
      {hasPassword ? (
        <Form
          view={view}
          name="email"
          problem={problem}
          button={text.changeEmail}
          look="plain"
          disabled={disabled}
        >
          <EmailAddressField
            view={view}
            label={text.newEmail}
            hint={disabled ? addressNeeded(visit) : text.emailHint}
            value={values?.email}
            problem={problem}
          />
          <CurrentPasswordField view={view} problem={problem} />
        </Form>
      ) : (
        <p class="soft">{text.passwordFirst}</p>
      )}
    </Panel>
  );
}

/** The phone number, which a code proves where texts can be sent. */
function PhonePanel({ visit, shown, canText }: PanelProps & { canText: boolean }) {
  const { user, view } = visit;
  const text = securityMessages[view.language];
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
  // A number that was proven without a session opens nothing yet.
  const opens = user.phoneNumberVerified && !user.phoneProvenApart;
  const isAsked = shown.done === 'code_sent' || refused !== undefined;
  return (
    <Panel id="phone-title" title={text.phone}>
      <p>
        {user.phoneNumber} <VerifiedBadge view={view} verified={opens} />
      </p>
      {!opens && <p class="soft">{canText ? text.phoneText : text.unreachable}</p>}
      {!opens && canText && (
        <>
          {isAsked && (
            <Form view={view} name="code" problem={refused?.problem} button={text.confirm}>
              <OneTimeCodeInput name="code" label={text.code} problem={refused?.problem} />
            </Form>
          )}
          <Form
            view={view}
            name="send_code"
            problem={refusedIn(shown, 'send_code')?.problem}
            button={isAsked ? text.sendAnother : text.sendCode}
            look="plain"
          />
        </>
      )}
    </Panel>
  );
}

function VerifiedBadge({ view, verified }: { view: View; verified: boolean }) {
  const text = securityMessages[view.language];
  return <Badge look={verified ? 'good' : 'bad'}>{verified ? text.verified : text.unverified}</Badge>;
}
