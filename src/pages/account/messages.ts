import { messages } from '../kit/messages.ts';

/** What the frame of all pages of an account says. */
export const accountMessages = messages({
  en: {
    menu: 'Your account',
    admin: 'Admin',
    verifyFirst: 'You can do this once you have confirmed your email address.',
    addressFirst: 'You can do this once your account has an email address.',
    unregistered: {
      title: 'You have not registered yet',
      text: 'Only this browser opens your account. Register, link an account of a provider or add a passkey, and everything you have stays yours.',
      button: 'Register',
      noAddress:
        'Your account has no email address: nobody can help you back in if you lose your passkeys and linked accounts.',
      add: 'Add an email address',
    },
    unverified: {
      title: 'Please confirm your email address',
      text: (email: string) =>
        `We sent a link to ${email}. Until you follow it, most of your account cannot be changed.`,
      again: 'Send the link again',
    },
  },
  de: {
    menu: 'Ihr Konto',
    admin: 'Verwaltung',
    verifyFirst: 'Das geht, sobald Sie Ihre E-Mail-Adresse bestätigt haben.',
    addressFirst: 'Das geht, sobald Ihr Konto eine E-Mail-Adresse hat.',
    unregistered: {
      title: 'Sie haben sich noch nicht registriert',
      text: 'Nur dieser Browser öffnet Ihr Konto. Registrieren Sie sich, verknüpfen Sie ein Konto eines Anbieters oder fügen Sie einen Passkey hinzu: Alles, was Sie haben, bleibt Ihres.',
      button: 'Registrieren',
      noAddress:
        'Ihr Konto hat keine E-Mail-Adresse: Niemand kann Ihnen zurückhelfen, wenn Sie Ihre Passkeys und verknüpften Konten verlieren.',
      add: 'E-Mail-Adresse hinzufügen',
    },
    unverified: {
      title: 'Bitte bestätigen Sie Ihre E-Mail-Adresse',
      text: (email) =>
        `Wir haben einen Link an ${email} geschickt. Bis Sie ihn öffnen, lässt sich das meiste in Ihrem Konto nicht ändern.`,
      again: 'Link noch einmal schicken',
    },
  },
});
