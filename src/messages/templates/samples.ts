import type { Brand, MailData, TextData } from './mail-data.ts';

/** A brand to look at mails with. */
export const SAMPLE_BRAND: Brand = {
  name: 'Latchkey',
  color: '#1d4ed8',
  origin: 'https://auth.example.com',
};

const name = 'Ada Lovelace';
const at = '2026-11-21T10:36:00Z';
const from = { place: 'Berlin, DE', device: 'Firefox on Windows' };
const link = (page: string) =>
  `https://auth.example.com/${page}?token=mA3kq0T7v9XbYc2LrWfZs8HdPnJ5gQe1uVxK6iOtBwE`;

/** One of every mail: for the gallery, and for tests. Links lead to the sample brand. */
export const SAMPLES: MailData = {
  welcome_by_provider: { name, provider: 'Google', link: 'https://auth.example.com/account' },
  welcome: { name, link: link('verify-email'), hours: 24 },
  verify_email: { name, link: link('verify-email'), hours: 24 },
  invitation: { name, link: link('reset-password'), hours: 72 },
  organization_invitation: {
    name: null,
    inviter: 'Charles Babbage',
    organization: 'Analytical Engines',
    link: link('organizations/invitation'),
    days: 7,
  },
  reset_password: { name, link: link('reset-password'), minutes: 30, ...from },
  password_changed: { name, at, link: 'https://auth.example.com/forgot-password', ...from },
  password_breached: { name, link: 'https://auth.example.com/account/security' },
  confirm_new_email: { name, link: link('verify-email'), hours: 24 },
  email_changed: { name, email_masked: 'a•••@l•••.example', link: link('undo-email'), hours: 72 },
  new_device: { name, at, link: 'https://auth.example.com/account/sessions', ...from },
  identity_linked: {
    name,
    provider: 'Google',
    at,
    link: 'https://auth.example.com/forgot-password',
    ...from,
  },
  account_changed: {
    name,
    change: 'phone_number_added',
    about: '+4915112345678',
    at,
    link: 'https://auth.example.com/account/security',
    ...from,
  },
  account_deleted: { name },
  account_exists: { name, link: 'https://auth.example.com/forgot-password' },
  quota_warning: {
    name,
    organization: null,
    resource: 'images',
    percent: 80,
    resets_at: '2026-11-22T00:00:00Z',
  },
  cap_warning: {
    name,
    organization: 'Analytical Engines',
    resource: null,
    percent: 50,
    resets_at: '2026-12-01T00:00:00Z',
    is_own: false,
  },
  one_time_code: { code: '482913', minutes: 10, ...from },
  sign_in_link: { link: link('login/link'), minutes: 10, ...from },
  top_up_stopped: {
    name,
    organization: null,
    reason: 'authentication_required',
    link: link('account/billing'),
  },
  billing_email_changed: {
    name: null,
    told: { organization: 'Acme', email_masked: 'b•••@a•••.example' },
    link: link('account/organizations/org_01'),
  },
  webhook_disabled: { name, host: 'hooks.example.com', reason: 'failing', link: link('admin/webhooks') },
  test_email: { name, at },
};

/** One of every text message. */
export const TEXT_SAMPLES: TextData = { one_time_code: SAMPLES.one_time_code };
