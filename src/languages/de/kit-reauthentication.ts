import type { Texts } from '../texts.ts';

/** In German. */
export const kitReauthentication: Texts['kitReauthentication'] = {
  title: 'Bitte bestätigen Sie, dass Sie es sind',
  text: 'Diese Änderung sollen nur Sie machen können. Was Sie ausgefüllt haben, bleibt erhalten, und nach der Bestätigung geht es weiter.',
  confirm: 'Bestätigen und weiter',
  sendCode: (to) => `Code an ${to} schicken`,
  sendAnother: (to) => `Neuen Code an ${to} schicken`,
  codeSent: (to) => `Wir haben einen Code an ${to} geschickt. Er gilt zehn Minuten.`,
  code: 'Code',
  byProvider: (name) => `Mit ${name} bestätigen`,
  app: 'Code Ihrer Authenticator-App',
  recovery: 'Wiederherstellungscode',
  byRecovery: 'Wiederherstellungscode benutzen',
  byPasskey: 'Mit einem Passkey bestätigen',
  passkeyFailed:
    'Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
  none: 'Wir haben nichts, woran wir Sie erkennen könnten. Bitte melden Sie sich neu an.',
  signIn: 'Neu anmelden',
  back: 'Zurück, ohne die Änderung',
  sendAgain: 'Bitte prüfen Sie, was Sie ausgefüllt haben, und senden Sie es noch einmal ab.',
};
