import type { Texts } from '../texts.ts';

/** In German. */
export const accountCommon: Texts['accountCommon'] = {
  menu: 'Ihr Konto',
  admin: 'Verwaltung',
  verifyFirst: 'Das geht, sobald Sie Ihre E-Mail-Adresse bestätigt haben.',
  addressFirst: 'Das geht, sobald Ihr Konto eine E-Mail-Adresse hat.',
  unregistered: {
    title: 'Sie haben sich noch nicht registriert',
    text: 'Nur dieser Browser öffnet Ihr Konto. Registrieren Sie sich, verknüpfen Sie ein Konto eines Anbieters oder fügen Sie einen Passkey hinzu: Alles, was Sie haben, bleibt Ihres.',
    button: 'Registrieren',
    noAddress:
      'Ihr Konto hat keine E-Mail-Adresse: Niemand kann Ihnen zurückhelfen, wenn Sie Ihre Passkeys und verknüpften Konten verlieren.',
    add: 'E-Mail-Adresse hinzufügen',
  },
  unverified: {
    title: 'Bitte bestätigen Sie Ihre E-Mail-Adresse',
    text: (email) =>
      `Wir haben einen Link an ${email} geschickt. Bis Sie ihn öffnen, lässt sich das meiste in Ihrem Konto nicht ändern.`,
    again: 'Link noch einmal schicken',
  },
};
