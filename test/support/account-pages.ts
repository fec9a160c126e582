import { expect } from 'vitest';
import { PASSWORD } from './api.ts';

/** A form of a page of an account. */
export interface FormCase {
  /** Where it is sent to. */
  path: string;
  /** Where it leads; Stripe’s addresses are never the same. */
  to: string;
  /** What is in it; `email` is the address of who sends it. */
  fields(email: string): Record<string, string>;
  /** Whether it needs a verified e-mail address. */
  verified: boolean;
  upload?: true;
}

/** Every page of an account. */
export const PAGES = [
  '/account',
  '/account/profile',
  '/account/security',
  '/account/two-step',
  '/account/devices',
  '/account/identities',
  '/account/apps',
  '/account/api-keys',
  '/account/organizations',
  '/account/usage',
  '/account/billing',
  '/account/activity',
  '/account/preferences',
  '/account/data',
];

/** What else a signed-in browser can open, and where it leads, or null for what it shows. */
export const OTHER_ADDRESSES: Record<string, string | null> = {
  '/account/avatar': '/account/profile',
  '/account/avatar/remove': '/account/profile',
  '/account/data/export': null,
};

/** What anybody can open. */
export const PUBLIC = ['/account/deleted'];

const CHECKOUT: string = expect.stringMatching(/^https:\/\/checkout\.stripe\.com\/c\/pay\/cs_test_/);
const NEW_PASSWORD = 'four lighthouses at dawn';

/** Every form, with what is right in it. */
export const FORMS: Record<string, FormCase> = {
  profile: {
    path: '/account/profile',
    to: '/account/profile?done=saved',
    verified: true,
    fields: () => ({
      form: 'profile',
      name: 'Ada',
      username: '',
      phone_number: '+442071838750',
      country: 'GB',
    }),
  },
  picture: {
    path: '/account/avatar',
    to: '/account/profile?done=picture_saved',
    verified: true,
    fields: () => ({}),
    upload: true,
  },
  'removal of the picture': {
    path: '/account/avatar/remove',
    to: '/account/profile?done=picture_removed',
    verified: true,
    fields: () => ({}),
  },
  spending: {
    path: '/account/usage',
    to: '/account/usage?done=saved',
    verified: true,
    fields: () => ({ form: 'spending', 'credits.day': '20', 'cap.images.month': '' }),
  },
  password: {
    path: '/account/security',
    to: '/account/security?done=password_changed',
    verified: true,
    fields: () => ({ form: 'password', current_password: PASSWORD, new_password: NEW_PASSWORD }),
  },
  'link to set a password': {
    path: '/account/security',
    to: '/account/security?done=password_mailed',
    verified: false,
    fields: () => ({ form: 'set_password' }),
  },
  'e-mail address': {
    path: '/account/security',
    to: '/account/security?done=email_asked',
    verified: true,
    fields: () => ({ form: 'email', email: `${crypto.randomUUID()}@example.com`, password: PASSWORD }),
  },
  'link again': {
    path: '/account/security',
    to: '/account/security?done=link_sent',
    verified: false,
    fields: () => ({ form: 'resend' }),
  },
  'code to a phone': {
    path: '/account/security',
    to: '/account/security?done=code_sent',
    verified: false,
    fields: () => ({ form: 'send_code' }),
  },
  'end of a session': {
    path: '/account/devices',
    to: '/account/devices?done=session_ended',
    verified: false,
    fields: () => ({ form: 'end', session: 'ses_none' }),
  },
  'end of the other sessions': {
    path: '/account/devices',
    to: '/account/devices?done=others_ended',
    verified: false,
    fields: () => ({ form: 'end_others' }),
  },
  'link to a provider': {
    path: '/account/identities',
    to: '/account/identities?error=provider_not_found&provider=nobody',
    verified: true,
    fields: () => ({ form: 'link', provider: 'nobody' }),
  },
  'end of a link': {
    path: '/account/identities',
    to: '/account/identities?done=unlinked',
    verified: true,
    fields: () => ({ form: 'unlink', provider: 'nobody' }),
  },
  'end of an app': {
    path: '/account/apps',
    to: '/account/apps?done=disconnected',
    verified: false,
    fields: () => ({ form: 'disconnect', app: 'cli_none' }),
  },
  'a new organization': {
    path: '/account/organizations',
    to: expect.stringMatching(/^\/account\/organizations\/org_\w+\?done=created$/) as string,
    verified: true,
    fields: () => ({ form: 'create', name: 'Analytical Engines', slug: '' }),
  },
  'acting for oneself': {
    path: '/account/organizations',
    to: '/account/organizations?done=alone',
    verified: false,
    fields: () => ({ form: 'use', organization: '' }),
  },
  'choice of a plan': {
    path: '/account/billing',
    to: CHECKOUT,
    verified: true,
    fields: () => ({ form: 'plan', price: 'price_pro_month' }),
  },
  'keeping a plan': {
    path: '/account/billing',
    to: CHECKOUT,
    verified: true,
    fields: () => ({ form: 'resume', price: 'price_pro_month' }),
  },
  'end of a plan': {
    path: '/account/billing',
    to: '/account/billing?done=plan_ends',
    verified: true,
    fields: () => ({ form: 'end' }),
  },
  'pack of credits': {
    path: '/account/billing',
    to: CHECKOUT,
    verified: true,
    fields: () => ({ form: 'credits', price: 'price_credits_500' }),
  },
  'portal of Stripe': {
    path: '/account/billing',
    to: 'https://billing.stripe.com/p/session/test',
    verified: true,
    fields: () => ({ form: 'portal' }),
  },
  'end of topping up': {
    path: '/account/billing',
    to: '/account/billing?done=top_up_ended',
    verified: true,
    fields: () => ({ form: 'top_up_end' }),
  },
  preferences: {
    path: '/account/preferences',
    to: '/account/preferences?done=saved',
    verified: false,
    fields: () => ({ form: 'preferences', language: 'de', theme: 'dark' }),
  },
  deletion: {
    path: '/account/data',
    to: '/account/deleted',
    verified: true,
    fields: (email) => ({ form: 'delete', confirmation: email, delete_password: PASSWORD }),
  },
};
