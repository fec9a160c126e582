import { messages } from '../kit/messages.ts';

/** What the pages of forgotten passwords say. */
export const resetMessages = messages({
  en: {
    forgot: {
      title: 'Forgot your password?',
      text: 'We mail you a link to choose a new one.',
      button: 'Send the link',
      back: 'Back to signing in',
      sentTitle: 'Check your email',
      sent: 'If there is an account with this address, a link is on its way. It works for an hour.',
    },
    reset: {
      title: 'Choose a new password',
      text: 'All your devices will be signed out.',
      button: 'Set the password',
      doneTitle: 'Your new password is set',
      done: 'Now sign in with it.',
      signIn: 'Sign in',
      again: 'Ask for a new link',
    },
  },
  de: {
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
  },
});
