import type { MiddlewareHandler } from 'hono';
import { CodeVerifyBody } from '../codes/schemas.ts';
import { ApiError } from '../errors.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { PasswordChangeBody } from '../passwords/schemas.ts';
import { EmailChangeBody } from '../verification/schemas.ts';
import { ACCOUNT_PAGES, AccountFrame } from './account-frame.tsx';
import { type AccountForm, accountPage } from './account-page.tsx';
import { EmailPanel, PasswordPanel, PhonePanel } from './account-security-panels.tsx';
import type { AccountServices, Visit } from './account-visit.ts';
import { valid } from './form.tsx';

/** Password, e-mail address and phone number: what a user signs in with. */
export function securityRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { codes, credentials, emails, resets } = services;
  const password: AccountForm = {
    verified: true,
    passwordField: 'current_password',
    act: async (c, { principal }, { current_password, new_password }) => {
      const body = valid(PasswordChangeBody, { current_password, new_password });
      await credentials.changePassword(body, principal, clientOf(c));
      return 'password_changed';
    },
  };
  const setPassword: AccountForm = {
    act: async (c, { user }) => {
      await resets.forgot(user.email, user.realmId, clientOf(c));
      return 'password_mailed';
    },
  };
  const email: AccountForm = {
    verified: true,
    passwordField: 'password',
    act: async (c, { user }, values) => {
      const body = valid(EmailChangeBody, { email: values.email, password: values.password });
      await emails.requestChange(body, user.id, clientOf(c));
      return 'email_asked';
    },
  };
  const resend: AccountForm = {
    act: async (_, { user }) => {
      await emails.resend(user.email, user.realmId);
      return 'link_sent';
    },
  };
  const sendCode: AccountForm = {
    names: { to: 'code' },
    act: async (c, { user }) => {
      await codes.send({ channel: 'sms', to: numberOf(user) }, user.realmId, clientOf(c), user.id);
      return 'code_sent';
    },
  };
  const code: AccountForm = {
    act: async (c, { principal, user }, values) => {
      const { code: guess, ...target } = valid(CodeVerifyBody, {
        channel: 'sms',
        to: numberOf(user),
        code: values.code?.replace(/\s/g, ''),
      });
      await codes.provePhoneNumber(target, guess, principal, user.realmId, clientOf(c));
      return 'phone_verified';
    },
  };
  return accountPage(services, {
    path: ACCOUNT_PAGES.security,
    limit: signInLimit,
    forms: { password, set_password: setPassword, email, resend, send_code: sendCode, code },
    render: async (_, visit, shown) => {
      const { phoneNumber } = visit.user;
      const hasPassword = await credentials.hasPassword(visit.user.id);
      return (
        <AccountFrame visit={visit} page="security" done={shown.done} failed={shown.refused !== undefined}>
          <PasswordPanel visit={visit} shown={shown} hasPassword={hasPassword} />
          <EmailPanel visit={visit} shown={shown} hasPassword={hasPassword} />
          <PhonePanel
            visit={visit}
            shown={shown}
            canText={phoneNumber !== null && codes.canText(phoneNumber)}
          />
        </AccountFrame>
      );
    },
  });
}

function numberOf({ phoneNumber }: Visit['user']): string {
  // The number was taken out of the profile while the page was open.
  if (phoneNumber === null) throw new ApiError('conflict');
  return phoneNumber;
}
