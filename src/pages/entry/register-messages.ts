import { messages } from '../kit/messages.ts';

/** What the pages of registering say. */
export const registerMessages = messages({
  en: {
    title: 'Make an account',
    button: 'Make the account',
    known: 'Do you have an account?',
    signIn: 'Sign in',
    closed: 'New accounts can’t be made here at the moment.',
    sentTitle: 'Look into your mail',
    sent: 'We have mailed you a link. Follow it to confirm your address, then sign in.',
  },
  de: {
    title: 'Konto anlegen',
    button: 'Konto anlegen',
    known: 'Haben Sie schon ein Konto?',
    signIn: 'Anmelden',
    closed: 'Neue Konten können hier zurzeit nicht angelegt werden.',
    sentTitle: 'Sie haben Post',
    sent: 'Wir haben Ihnen einen Link geschickt. Folgen Sie ihm, um Ihre Adresse zu bestätigen, und melden Sie sich dann an.',
  },
});
