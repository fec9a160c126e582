import type { Texts } from '../texts.ts';

/** In German. */
export const entryReset: Texts['entryReset'] = {
  forgot: {
    title: 'Passwort vergessen?',
    text: 'Wir schicken Ihnen einen Link, mit dem Sie ein neues wählen.',
    button: 'Link schicken',
    back: 'Zurück zur Anmeldung',
    sentTitle: 'Sehen Sie in Ihr Postfach',
    sent: 'Wenn es zu dieser Adresse ein Konto gibt, ist ein Link unterwegs. Er gilt eine Stunde lang.',
  },
  reset: {
    title: 'Neues Passwort wählen',
    text: 'Alle Ihre Geräte werden abgemeldet.',
    button: 'Passwort setzen',
    doneTitle: 'Ihr neues Passwort gilt',
    done: 'Melden Sie sich jetzt damit an.',
    signIn: 'Anmelden',
    again: 'Neuen Link anfordern',
  },
};
