import { messages } from '../kit/messages.ts';

/** What the pages of registering say. */
export const registerMessages = messages({
  en: {
    title: 'Make an account',
    button: 'Make the account',
    byPasskey: 'Use a passkey instead of a password',
    passkeyTitle: 'Make a passkey',
    passkeyText:
      'Your device keeps it, and unlocks it as it is unlocked itself: by fingerprint, face or PIN. You need no password.',
    passkeyGo: 'Make the passkey',
    passkeyFailed: 'No passkey was made. Try again, or go back and choose a password.',
    passkeyNoScript: 'A passkey needs JavaScript. Please turn it on, or go back and choose a password.',
    back: 'Back',
    known: 'Do you have an account?',
    signIn: 'Sign in',
    closed: 'New accounts can’t be made here at the moment.',
    sentTitle: 'Look into your mail',
    sent: 'We have mailed you a link. Follow it to confirm your address, then sign in.',
  },
  de: {
    title: 'Konto anlegen',
    button: 'Konto anlegen',
    byPasskey: 'Passkey statt Passwort verwenden',
    passkeyTitle: 'Passkey anlegen',
    passkeyText:
      'Ihr Gerät bewahrt ihn auf und entsperrt ihn so wie sich selbst: mit Fingerabdruck, Gesicht oder PIN. Ein Passwort brauchen Sie nicht.',
    passkeyGo: 'Passkey anlegen',
    passkeyFailed:
      'Es wurde kein Passkey angelegt. Versuchen Sie es noch einmal, oder wählen Sie ein Passwort.',
    passkeyNoScript:
      'Ein Passkey braucht JavaScript. Bitte schalten Sie es ein, oder wählen Sie ein Passwort.',
    back: 'Zurück',
    known: 'Haben Sie schon ein Konto?',
    signIn: 'Anmelden',
    closed: 'Neue Konten können hier zurzeit nicht angelegt werden.',
    sentTitle: 'Sie haben Post',
    sent: 'Wir haben Ihnen einen Link geschickt. Folgen Sie ihm, um Ihre Adresse zu bestätigen, und melden Sie sich dann an.',
  },
});
