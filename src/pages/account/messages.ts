import { messages } from '../kit/messages.ts';

/** What the frame of all pages of an account says. */
export const accountMessages = messages({
  en: {
    menu: 'Your account',
    admin: 'Administration',
    verifyFirst: 'You can do this once you have confirmed your e-mail address.',
    unverified: {
      title: 'Please confirm your e-mail address',
      text: (email: string) =>
        `We sent a link to ${email}. Until you follow it, most of your account cannot be changed.`,
      again: 'Send the link again',
    },
  },
  de: {
    menu: 'Ihr Konto',
    admin: 'Verwaltung',
    verifyFirst: 'Das geht, sobald Sie Ihre E-Mail-Adresse bestätigt haben.',
    unverified: {
      title: 'Bitte bestätigen Sie Ihre E-Mail-Adresse',
      text: (email) =>
        `Wir haben einen Link an ${email} geschickt. Bis Sie ihn öffnen, lässt sich das meiste in Ihrem Konto nicht ändern.`,
      again: 'Link noch einmal schicken',
    },
  },
});
