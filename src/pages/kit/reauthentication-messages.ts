import { messages } from './messages.ts';

/** What is said when somebody has to prove again who they are before a form is taken. */
export const reauthenticationMessages = messages({
  en: {
    title: 'Please confirm that it is you',
    text: 'This is a change that only you should be able to make. What you filled in is kept, and goes on once you have confirmed.',
    confirm: 'Confirm and go on',
    sendCode: (to: string) => `Send a code to ${to}`,
    sendAnother: (to: string) => `Send another code to ${to}`,
    codeSent: (to: string) => `We sent a code to ${to}. It works for ten minutes.`,
    code: 'Code',
    byProvider: (name: string) => `Confirm with ${name}`,
    app: 'Code of your authenticator app',
    recovery: 'Recovery code',
    byRecovery: 'Use a recovery code',
    byPasskey: 'Confirm with a passkey',
    passkeyFailed: 'No passkey was used. Try again, or choose another way.',
    none: 'There is nothing by which we could tell that it is you. Please sign in again.',
    signIn: 'Sign in again',
    back: 'Back, without the change',
    sendAgain: 'Please check what you filled in, and send it again.',
  },
  de: {
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
  },
});
