import type { Texts } from '../texts.ts';

/** In German. */
export const entrySecondStep: Texts['entrySecondStep'] = {
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
};
