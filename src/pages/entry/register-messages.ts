import { messages } from '../kit/messages.ts';

/** What the pages of registering say. */
export const registerMessages = messages({
  en: {
    title: 'Create your account',
    button: 'Create account',
    byPasskey: 'Use a passkey instead',
    passkeyTitle: 'Create a passkey',
    passkeyText:
      'Your device keeps it, and unlocks it as it is unlocked itself: by fingerprint, face or PIN. You need no password.',
    passkeyGo: 'Create passkey',
    passkeyFailed: 'No passkey was made. Try again, or go back and choose a password.',
    passkeyNoScript: 'A passkey needs JavaScript. Please turn it on, or go back and choose a password.',
    back: 'Back',
    agreement: { before: 'By creating an account you agree to the', and: 'and the', after: '.' },
    known: 'Already have an account?',
    signIn: 'Sign in',
    closed: 'New accounts can’t be made here at the moment.',
    sentTitle: 'Check your email',
    sent: 'We sent you a link. Open it to confirm your address, then sign in.',
  },
  de: {
    title: 'Konto erstellen',
    button: 'Konto erstellen',
    byPasskey: 'Stattdessen einen Passkey verwenden',
    passkeyTitle: 'Passkey anlegen',
    passkeyText:
      'Ihr Gerät bewahrt ihn auf und entsperrt ihn so wie sich selbst: mit Fingerabdruck, Gesicht oder PIN. Ein Passwort brauchen Sie nicht.',
    passkeyGo: 'Passkey anlegen',
    passkeyFailed:
      'Es wurde kein Passkey angelegt. Versuchen Sie es noch einmal, oder wählen Sie ein Passwort.',
    passkeyNoScript:
      'Ein Passkey braucht JavaScript. Bitte schalten Sie es ein, oder wählen Sie ein Passwort.',
    back: 'Zurück',
    agreement: { before: 'Mit dem Konto gelten:', and: 'und', after: '.' },
    known: 'Haben Sie schon ein Konto?',
    signIn: 'Anmelden',
    closed: 'Neue Konten können hier zurzeit nicht angelegt werden.',
    sentTitle: 'Sehen Sie in Ihr Postfach',
    sent: 'Wir haben Ihnen einen Link geschickt. Folgen Sie ihm, um Ihre Adresse zu bestätigen, und melden Sie sich dann an.',
  },
});
