import { messages } from '../kit/messages.ts';

/** What the page of the second step of a sign-in says. */
export const secondStepMessages = messages({
  en: {
    title: 'One more step',
    text: 'Your account asks for a second proof that it is you.',
    totp: 'Code of your authenticator app',
    totpHint: 'Six digits, which change every half minute',
    button: 'Sign in',
    remember: 'Do not ask on this device for 30 days',
    byPasskey: 'Use a passkey',
    passkeyFailed: 'No passkey was used. Try again, or choose another way.',
    byRecovery: 'I cannot use my authenticator app or passkey',
    recovery: 'Recovery code',
    recoveryHint: 'One of the ten that you kept when you set this up. It works once.',
    send: { email: 'Mail me a code', sms: 'Text me a code' },
    sendAgain: { email: 'Mail me another code', sms: 'Text me another code' },
    sent: 'We sent you a code. It works for ten minutes.',
    code: 'Code',
    other: 'Begin again',
    overTitle: 'Please sign in again',
  },
  de: {
    title: 'Noch ein Schritt',
    text: 'Ihr Konto verlangt einen zweiten Nachweis, dass Sie es sind.',
    totp: 'Code Ihrer Authenticator-App',
    totpHint: 'Sechs Ziffern, die jede halbe Minute wechseln',
    button: 'Anmelden',
    remember: 'Auf diesem Gerät 30 Tage lang nicht mehr fragen',
    byPasskey: 'Passkey benutzen',
    passkeyFailed:
      'Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
    byRecovery: 'Ich kann meine Authenticator-App oder meinen Passkey nicht benutzen',
    recovery: 'Wiederherstellungscode',
    recoveryHint: 'Einer der zehn, die Sie beim Einrichten aufgehoben haben. Er gilt einmal.',
    send: { email: 'Code per E-Mail schicken', sms: 'Code per SMS schicken' },
    sendAgain: { email: 'Neuen Code per E-Mail schicken', sms: 'Neuen Code per SMS schicken' },
    sent: 'Wir haben Ihnen einen Code geschickt. Er gilt zehn Minuten.',
    code: 'Code',
    other: 'Von vorn beginnen',
    overTitle: 'Bitte melden Sie sich noch einmal an',
  },
});
