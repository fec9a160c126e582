import type { MiddlewareHandler } from 'hono';
import { CodeVerifyBody } from '../../codes/schemas.ts';
import { ApiError } from '../../errors.ts';
import { type AppEnv, clientOf } from '../../http/context.ts';
import { accountMessages, securityMessages } from '../../languages/messages.ts';
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
import { Icon } from '../kit/icon.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Badge, EditableEntry, Entry, LastUse, Panel } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { PasskeyPanel, passkeyForms } from './passkeys.tsx';
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
      const [hasPassword, usedAt, known] = await Promise.all([
        credentials.hasPassword(visit.user.id),
        credentials.lastUse(visit.user.id),
        passkeys.list(visit.user.id),
      ]);
      const canText = phoneNumber !== null && codes.canText(phoneNumber);
      return (
        <AccountFrame visit={visit} page="security" shown={shown}>
          <Panel id="ways" title={securityMessages[visit.view.language].ways}>
            <ul class="rows">
              <PasswordRow visit={visit} shown={shown} hasPassword={hasPassword} usedAt={usedAt} />
              <EmailRow visit={visit} shown={shown} hasPassword={hasPassword} />
              <PhoneRow visit={visit} shown={shown} canText={canText} />
            </ul>
          </Panel>
          <PasskeyPanel visit={visit} shown={shown} known={known} />
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

interface RowProps {
  visit: Visit;
  shown: Shown;
}

/** Of the rows, one is open. */
const GROUP = 'ways';

/** Changes the password; an account that has none gets a link to set one. */
function PasswordRow(props: RowProps & { hasPassword: boolean; usedAt: number | null }) {
  const { visit, shown, hasPassword, usedAt } = props;
  const { principal, view } = visit;
  const text = securityMessages[view.language];
  if (isPlaceholder(visit.user.email)) {
    return <Entry icon={<Icon name="lock" />} name={text.password} about={[addressNeeded(visit)]} />;
  }
  if (!hasPassword) {
    return (
      <Entry icon={<Icon name="lock" />} name={text.password} about={[text.noPassword]}>
        <Form view={view} name="set_password" button={text.setPassword} look="plain" />
      </Entry>
    );
  }
  const problem = refusedIn(shown, 'password')?.problem;
  const disabled = !principal.emailVerified;
  return (
    <EditableEntry
      view={view}
      group={GROUP}
      icon="lock"
      name={text.password}
      about={usedAt !== null && <LastUse view={view} at={usedAt} />}
      isOpen={problem !== undefined || shown.done === 'password_breached'}
    >
      <p class="soft">{disabled ? addressNeeded(visit) : text.passwordText}</p>
      <Form view={view} name="password" problem={problem} button={text.change} disabled={disabled}>
        <CurrentPasswordField view={view} name="current_password" label={text.current} problem={problem} />
        <NewPasswordField view={view} name="new_password" problem={problem} />
      </Form>
    </EditableEntry>
  );
}

function EmailRow({ visit, shown, hasPassword }: RowProps & { hasPassword: boolean }) {
  const { principal, user, view } = visit;
  const text = securityMessages[view.language];
  const { problem, values } = refusedIn(shown, 'email') ?? {};
  const disabled = !principal.emailVerified;
  if (isPlaceholder(user.email)) {
    return (
      <Entry icon={<Icon name="mail" />} name={text.email}>
        <a class="button plain" href={view.link('/login/code')}>
          {accountMessages[view.language].unregistered.add}
        </a>
      </Entry>
    );
  }
  const badge = <VerifiedBadge view={view} verified={principal.emailVerified} />;
  if (!hasPassword) {
    return (
      <Entry
        icon={<Icon name="mail" />}
        name={text.email}
        badge={badge}
        about={[user.email, text.passwordFirst]}
      />
    );
  }
  return (
    <EditableEntry
      view={view}
      group={GROUP}
      icon="mail"
      name={text.email}
      badge={badge}
      about={user.email}
      isOpen={problem !== undefined}
    >
      <Form view={view} name="email" problem={problem} button={text.changeEmail} disabled={disabled}>
        <EmailAddressField
          view={view}
          label={text.newEmail}
          hint={disabled ? addressNeeded(visit) : text.emailHint}
          value={values?.email}
          problem={problem}
        />
        <CurrentPasswordField view={view} problem={problem} />
      </Form>
    </EditableEntry>
  );
}

/** The phone number, which a code proves where texts can be sent. */
function PhoneRow({ visit, shown, canText }: RowProps & { canText: boolean }) {
  const { user, view } = visit;
  const text = securityMessages[view.language];
  const icon = <Icon name="phone" />;
  if (user.phoneNumber === null) {
    return (
      <Entry icon={icon} name={text.phone} about={[text.noPhone]}>
        <a class="button plain" href={view.link(ACCOUNT_PAGES.profile)}>
          {text.addPhone}
        </a>
      </Entry>
    );
  }
  const refused = refusedIn(shown, 'code');
  // A number that was proven without a session opens nothing yet.
  const opens = user.phoneNumberVerified && !user.phoneProvenApart;
  const badge = <VerifiedBadge view={view} verified={opens} />;
  if (opens || !canText) {
    const about = [user.phoneNumber, !opens && text.unreachable];
    return <Entry icon={icon} name={text.phone} badge={badge} about={about} />;
  }
  const isAsked = shown.done === 'code_sent' || refused !== undefined;
  const unsent = refusedIn(shown, 'send_code')?.problem;
  return (
    <EditableEntry
      view={view}
      group={GROUP}
      icon="phone"
      name={text.phone}
      badge={badge}
      about={user.phoneNumber}
      button={text.confirm}
      isOpen={isAsked || unsent !== undefined}
    >
      <p class="soft">{text.phoneText}</p>
      {isAsked && (
        <Form view={view} name="code" problem={refused?.problem} button={text.confirm}>
          <OneTimeCodeInput name="code" label={text.code} problem={refused?.problem} />
        </Form>
      )}
      <Form
        view={view}
        name="send_code"
        problem={unsent}
        button={isAsked ? text.sendAnother : text.sendCode}
        look="plain"
      />
    </EditableEntry>
  );
}

function VerifiedBadge({ view, verified }: { view: View; verified: boolean }) {
  const text = securityMessages[view.language];
  return <Badge look={verified ? 'good' : 'warn'}>{verified ? text.verified : text.unverified}</Badge>;
}
