import type { Texts } from '../texts.ts';

/** In German. */
export const entryRegister: Texts['entryRegister'] = {
  title: 'Konto erstellen',
  button: 'Konto erstellen',
  byPasskey: 'Stattdessen einen Passkey verwenden',
  passkeyTitle: 'Passkey anlegen',
  passkeyText:
    'Ihr Gerät bewahrt ihn auf und entsperrt ihn so wie sich selbst: mit Fingerabdruck, Gesicht oder PIN. Ein Passwort brauchen Sie nicht.',
  passkeyGo: 'Passkey anlegen',
  passkeyFailed:
    'Es wurde kein Passkey angelegt. Versuchen Sie es noch einmal, oder wählen Sie ein Passwort.',
  passkeyNoScript: 'Ein Passkey braucht JavaScript. Bitte schalten Sie es ein, oder wählen Sie ein Passwort.',
  back: 'Zurück',
  agreement: { before: 'Mit dem Konto gelten:', and: 'und', after: '.' },
  known: 'Haben Sie schon ein Konto?',
  signIn: 'Anmelden',
  closed: 'Neue Konten können hier zurzeit nicht angelegt werden.',
  sentTitle: 'Sehen Sie in Ihr Postfach',
  sent: 'Wir haben Ihnen einen Link geschickt. Folgen Sie ihm, um Ihre Adresse zu bestätigen, und melden Sie sich dann an.',
};
