import type { Catalogue } from '../../messages/templates/catalogue.ts';
import type { AccountChange } from '../../messages/templates/mail-data.ts';
import { named } from '../named.ts';
import { plural } from '../plural.ts';

const changes: Record<AccountChange, (about: string) => string> = {
  phone_number_added: (number) => `The phone number ${number} can now sign in to your account`,
  phone_number_removed: (number) => `The phone number ${number} does not sign in to your account any more`,
  identity_unlinked: (provider) =>
    provider
      ? `Your account is not linked to ${provider} any more`
      : 'Your account is not linked to another account any more',
  passkey_added: named('A passkey can now sign in to your account'),
  passkey_confirmed: named('A passkey is now asked for when you sign in'),
  passkey_removed: named('A passkey was removed from your account'),
  totp_added: named('An authenticator app is now asked for when you sign in'),
  totp_removed: named('An authenticator app was removed from your account'),
  factors_reset: () =>
    'Your second factors and passkeys were removed by an administrator, and you were signed out',
  recovery_code_used: (left) =>
    `A recovery code was used to sign in to your account; ${plural('en', Number(left), { one: 'one is', other: `${left} are` })} left`,
  api_key_created: named('A new API key was made'),
  api_key_rotated: named('An API key has a new secret'),
  api_key_revoked: named('An API key was revoked'),
  api_key_taken_over: named('You now answer for an API key'),
  own_key_revoked: named('An administrator has revoked an API key'),
  payment_method_added: (of) => `A payment method was added to ${of || 'your account'}`,
  payment_method_removed: (of) => `A payment method was removed from ${of || 'your account'}`,
  payment_method_changed: (of) => `Another payment method of ${of || 'yours'} is now used`,
};

/** What mails say in English. */
export const mail: Catalogue = {
  greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
  facts: { at: 'When', place: 'Where', requestedFrom: 'Requested from', device: 'Device' },
  label: (name) => `${name}: `,
  buttonFails: 'If the button does not work, open this address in your browser:',
  footer: (brand, host) =>
    `Sent by ${brand} (${host}), because this address belongs to an account there or was given for one.`,
  letters: {
    welcome_by_provider: ({ provider }, { brand }) => ({
      subject: `Welcome to ${brand}`,
      preview: `You sign in with ${provider}. There is nothing left to do.`,
      title: `Welcome to ${brand}`,
      opening: [
        `Thank you for signing up. You sign in with your account of ${provider}, which has confirmed this email address. There ` +
          'is nothing left to do.',
      ],
      advice: ['In your account you can set a password as well, so that you have a second way in.'],
      button: 'Open my account',
      closing: ['If you did not sign up, somebody else may use your account there: check it.'],
    }),
    welcome: ({ hours }, { brand, ...say }) => ({
      subject: `Welcome to ${brand}: please confirm your email address`,
      preview: `One thing remains to be done. The link is valid for ${say.hours(hours)}.`,
      title: `Welcome to ${brand}`,
      opening: [
        'Thank you for signing up. One thing remains: please confirm that this email address is yours. ' +
          'It is your way back in, should you ever forget your password.',
      ],
      advice: [],
      button: 'Confirm email address',
      closing: [
        `The link is valid for ${say.hours(hours)} and works once.`,
        'If you did not sign up, you can ignore this message: somebody probably mistyped their address.',
      ],
    }),
    verify_email: ({ hours }, { brand, ...say }) => ({
      subject: `Confirm your email address for ${brand}`,
      preview: `The link is valid for ${say.hours(hours)}.`,
      title: 'Confirm your email address',
      opening: [`Please confirm that this email address is yours and belongs to your ${brand} account.`],
      advice: [],
      button: 'Confirm email address',
      closing: [
        `The link is valid for ${say.hours(hours)} and works once.`,
        'If you did not ask for it, you can ignore this message: the address then stays unconfirmed.',
      ],
    }),
    invitation: ({ hours }, { brand, ...say }) => ({
      subject: `Your ${brand} account`,
      preview: `Choose a password. The link is valid for ${say.hours(hours)}.`,
      title: `You have an account at ${brand}`,
      opening: [`An account was made for you at ${brand}. Choose a password, and you can sign in.`],
      advice: [],
      button: 'Choose a password',
      closing: [
        `The link is valid for ${say.hours(hours)} and works once.`,
        'If you do not know what this is about, you can ignore this message.',
      ],
    }),
    organization_invitation: ({ inviter, organization, days }, { brand, ...say }) => {
      const to = organization ? `“${organization}”` : 'an organization';
      const invited = inviter ? `${inviter} invited you` : 'You are invited';
      return {
        subject: `${invited} to ${to} on ${brand}`,
        preview: `The invitation is valid for ${say.days(days)}.`,
        title: `Join ${to}`,
        opening: [`${invited} to join ${to} on ${brand}.`],
        advice: ['Sign in with this email address, or create an account with it, to accept.'],
        button: 'View the invitation',
        closing: [
          `The invitation is valid for ${say.days(days)} and works once.`,
          'If you do not know what this is about, you can ignore this message.',
        ],
      };
    },
    reset_password: ({ minutes }, { brand, ...say }) => ({
      subject: `Reset your ${brand} password`,
      preview: `Choose a new one. The link is valid for ${say.minutes(minutes)}.`,
      title: 'Reset your password',
      opening: [`Somebody, most likely you, asked to reset the password of your ${brand} account.`],
      advice: [],
      button: 'Choose a new password',
      closing: [
        `The link is valid for ${say.minutes(minutes)} and works once.`,
        'If it was not you, you can ignore this message: your password stays as it is.',
      ],
    }),
    password_changed: (_, { brand }) => ({
      subject: `Your ${brand} password was changed`,
      preview: 'If this was you, there is nothing to do.',
      title: 'Your password was changed',
      opening: [`The password of your ${brand} account was changed.`],
      advice: [
        'If this was you, there is nothing to do. If it was not, reset the password now: that also signs out ' +
          'every device.',
      ],
      button: 'Reset password',
      closing: [],
    }),
    password_breached: (_, { brand }) => ({
      subject: `Please change your ${brand} password`,
      preview: 'It is known from a breach of another service.',
      title: 'Please change your password',
      opening: [
        `The password of your ${brand} account is on a list of passwords that were published after breaches of ` +
          'other services. Whoever has the list can try it here.',
      ],
      advice: [
        'Choose a new password that you use nowhere else, and change it wherever else you use the old one.',
      ],
      button: 'Change password',
      closing: [],
    }),
    confirm_new_email: ({ hours }, { brand, ...say }) => ({
      subject: `Confirm your new email address for ${brand}`,
      preview: `Until then, the old address stays in use. The link is valid for ${say.hours(hours)}.`,
      title: 'Confirm your new address',
      opening: [
        `You asked to use this email address for your ${brand} account. Once you confirm it, it takes the place ` +
          'of the old one; until then, nothing changes.',
      ],
      advice: [],
      button: 'Confirm new address',
      closing: [
        `The link is valid for ${say.hours(hours)} and works once.`,
        'If you did not ask for this, you can ignore this message: the address will not be used.',
      ],
    }),
    email_changed: ({ email_masked, hours }, { brand, ...say }) => ({
      subject: `The email address of your ${brand} account was changed`,
      preview: `If this was not you, undo it within ${say.hours(hours)}.`,
      title: 'Your email address was changed',
      opening: [`Your ${brand} account now uses the address ${email_masked} instead of this one.`],
      advice: [
        'If this was you, there is nothing to do. If it was not, undo the change: your account then returns to ' +
          'this address.',
      ],
      button: 'Undo the change',
      closing: [`The link is valid for ${say.hours(hours)} and works once.`],
    }),
    new_device: (_, { brand }) => ({
      subject: `New sign-in to your ${brand} account`,
      preview: 'If this was you, there is nothing to do.',
      title: 'A sign-in from a new device',
      opening: [`Somebody signed in to your ${brand} account from a device that was not used for it before.`],
      advice: [
        'If this was you, there is nothing to do. If it was not, sign that device out and change your password.',
      ],
      button: 'Secure my account',
      closing: [],
    }),
    identity_linked: ({ provider }, { brand }) => ({
      subject: `${provider} can now sign in to your ${brand} account`,
      preview: 'If this was you, there is nothing to do.',
      title: `Your account is linked to ${provider}`,
      opening: [`From now on your ${brand} account can also be signed in to with an account of ${provider}.`],
      advice: [
        'If this was you, there is nothing to do. If it was not, set a new password and unlink that account.',
      ],
      button: 'Secure my account',
      closing: [],
    }),
    account_changed: ({ change, about, organization }, { brand }) => {
      const what = changes[change](about ?? '');
      const isRevoked = change === 'own_key_revoked';
      return {
        subject: `${what} (${organization ? `${organization}, ${brand}` : brand})`,
        preview: isRevoked
          ? 'Programs that have this key are refused.'
          : 'If this was you, there is nothing to do.',
        title: what,
        opening: [
          `This happened in ${organization ? `${organization} at ${brand}` : `your ${brand} account`}.`,
        ],
        advice: [
          isRevoked
            ? 'Programs that have this key are refused from now on. If they are still needed, create another key for them.'
            : 'If this was you, there is nothing to do. If it was not, change your password, sign out every device, and ' +
              'look at what else opens your account.',
        ],
        button: isRevoked ? 'Look at the API keys' : 'Look at my account',
        closing: [],
      };
    },
    account_deleted: (_, { brand }) => ({
      subject: `Your ${brand} account was deleted`,
      preview: 'Every device was signed out. This is the last message about it.',
      title: 'Your account was deleted',
      opening: [
        `Your ${brand} account was deleted, and every device was signed out.`,
        'There is nothing left for you to do. This is the last message about this account.',
      ],
      advice: [],
      closing: [`If you did not want this, please get in touch with ${brand} as soon as you can.`],
    }),
    account_exists: (_, { brand }) => ({
      subject: `You already have a ${brand} account`,
      preview: 'Somebody tried to sign up with your email address.',
      title: 'You already have an account',
      opening: [
        `Somebody, most likely you, tried to sign up for ${brand} with this email address. It already has an ` +
          'account, so no new one was made.',
      ],
      advice: ['You can sign in as usual. If you no longer know your password, choose a new one.'],
      button: 'Choose a new password',
      closing: ['If it was not you, you can ignore this message: nothing about your account has changed.'],
    }),
    quota_warning: ({ organization, resource, percent, resets_at }, { brand, ...say }) => {
      const usedUp = percent >= 100;
      const whose = organization ? `${organization} at ${brand}` : `Your ${brand} account`;
      return {
        subject: usedUp
          ? `${organization ? `The ${brand} quota of ${organization}` : `Your ${brand} quota`} of ${resource} is used up`
          : `${organization ?? 'You'} ${organization ? 'has' : 'have'} used ${say.percent(percent)} of ${organization ? 'its' : 'your'} ${brand} quota of ${resource}`,
        preview: `It starts afresh on ${say.time(resets_at)}.`,
        title: usedUp ? 'The quota is used up' : `${say.percent(percent)} of the quota is used`,
        opening: [
          usedUp
            ? `${whose} has used up its quota of ${resource}.`
            : `${whose} has used ${say.percent(percent)} of its quota of ${resource}.`,
          `The quota starts afresh on ${say.time(resets_at)}.${
            usedUp
              ? ' Until then, anything beyond it is refused, or costs credits where the plan says so.'
              : ''
          }`,
        ],
        advice: [],
        closing: [],
      };
    },
    cap_warning: ({ organization, resource, percent, resets_at, is_own, api_key }, { brand, ...say }) => {
      const reached = percent >= 100;
      const what = resource ?? 'credits';
      const isShared = organization && !is_own;
      const ofAll = isShared ? `the spending cap of ${organization}` : 'your spending cap';
      const ofKey = api_key?.name ? `the API key “${api_key.name}”` : 'an API key';
      const whose = api_key ? `the spending cap of ${ofKey}` : ofAll;
      const where = organization && (is_own || api_key) ? ` in ${organization}` : '';
      return {
        subject: reached
          ? `${brand}: ${whose} for ${what}${where} is reached`
          : `${brand}: ${say.percent(percent)} of ${whose} for ${what}${where} is spent`,
        preview: `It starts afresh on ${say.time(resets_at)}.`,
        title: reached ? 'A spending cap is reached' : `${say.percent(percent)} of a spending cap is spent`,
        opening: [
          reached
            ? `At ${brand}, all that ${whose} for ${what}${where} allows is spent.`
            : `At ${brand}, ${say.percent(percent)} of what ${whose} for ${what}${where} allows is spent.`,
          `It starts afresh on ${say.time(resets_at)}.${reached ? ' Until then, anything beyond it is refused.' : ''}`,
        ],
        advice: [],
        closing: [],
      };
    },
    one_time_code: ({ code, minutes }, { brand, ...say }) => ({
      subject: `Your code for ${brand}`,
      preview: `${code} is valid for ${say.minutes(minutes)}.`,
      title: 'Your code',
      opening: [`Enter this code at ${brand} to continue:`],
      advice: [],
      closing: [
        `The code is valid for ${say.minutes(minutes)} and works once. Keep it to yourself: nobody from ${brand} ` +
          'will ever ask you for it.',
        'If you did not ask for a code, you can ignore this message.',
      ],
    }),
    sign_in_link: ({ minutes }, { brand, ...say }) => ({
      subject: `Sign in to ${brand}`,
      preview: `The link is valid for ${say.minutes(minutes)}.`,
      title: `Sign in to ${brand}`,
      opening: [`You asked for a link that signs you in to ${brand}.`],
      advice: [
        'Open it in the browser where you asked for it. Anywhere else it shows a number, which you enter there.',
      ],
      button: 'Go on',
      closing: [
        `The link is valid for ${say.minutes(minutes)} and works once. Do not pass it on, nor the number.`,
        'If you did not ask for a link, you can ignore this message.',
      ],
    }),
    top_up_stopped: ({ organization, reason }, { brand }) => ({
      subject: `Automatic top-up of ${organization ?? brand} has stopped`,
      preview: 'Your credits are not topped up any more until you turn it on again.',
      title: 'Automatic top-up has stopped',
      opening: [
        `${organization === null ? 'Your credits' : `The credits of ${organization}`} were running low, and were to be bought again automatically.`,
        {
          declined: 'The payment was declined, so nothing was bought or charged.',
          authentication_required:
            'Your bank wants you to confirm the payment yourself, so nothing was bought or charged.',
          no_payment_method: 'There is no payment method any more, so nothing was bought or charged.',
          price_gone: 'The pack of credits is not on offer any more, so nothing was bought or charged.',
        }[reason],
      ],
      button: reason === 'authentication_required' ? 'Confirm and pay' : 'See billing',
      advice: [
        'You can buy credits there yourself, and turn automatic top-up on again. Until then it stays off.',
      ],
      closing: [],
    }),
    billing_email_changed: ({ told }, { brand }) => ({
      subject: told
        ? `Mails about payments of ${told.organization ?? 'an organization'} go elsewhere now`
        : `Mails about payments at ${brand} come here now`,
      preview: told ? `They go to ${told.email_masked} from now on.` : 'This address was set for them.',
      title: 'The address for payments was changed',
      opening: told
        ? [
            `Mails about what ${told.organization ?? 'an organization'} pays at ${brand} go to ${told.email_masked} from now on. So far they came to this address.`,
          ]
        : [
            `This address was set for mails about what an organization pays at ${brand}. They come here from now on.`,
          ],
      button: told ? 'See the organization' : `Go to ${brand}`,
      advice: [
        told
          ? 'If nobody of yours did this, change it back there, and look at who may see to paying.'
          : 'If you know nothing of it, you need do nothing. Ask whoever set it to choose another address.',
      ],
      closing: [],
    }),
    webhook_disabled: ({ host, reason }, { brand }) => ({
      subject: `A webhook of ${brand} is switched off`,
      preview: `${host} gets no events any more.`,
      title: 'A webhook is switched off',
      opening: [
        reason === 'gone'
          ? `${host} has answered that the webhook is gone (410), so ${brand} sends it no events any more.`
          : `Nothing has got to ${host} for five days, so ${brand} sends it no events any more.`,
      ],
      button: 'See the webhooks',
      advice: [
        'Once it works again you can switch it on there, and have what it missed of the last 30 days delivered.',
      ],
      closing: ['If it is not needed any more, you can delete it.'],
    }),
    test_email: (_, { brand }) => ({
      subject: `Test message from ${brand}`,
      preview: 'Mail arrives.',
      title: 'Mail arrives',
      opening: [`You asked ${brand} for a test message. This is it: mail is set up and arrives.`],
      advice: [],
      closing: ['There is nothing to do.'],
    }),
  },
  texts: {
    one_time_code: (code, brand, valid) =>
      `${code} is your ${brand ? `${brand} ` : ''}code, valid for ${valid}. Do not share it.`,
  },
};
