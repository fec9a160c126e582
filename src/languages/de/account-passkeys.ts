import type { Texts } from '../texts.ts';

/** In German. */
export const accountPasskeys: Texts['accountPasskeys'] = {
  title: 'Passkeys',
  text: 'Melden Sie sich mit Fingerabdruck, Gesicht oder der PIN Ihres Geräts an. Einen Passkey kann niemand erraten, und er gilt auf keiner anderen Seite.',
  add: 'Passkey hinzufügen',
  synced: 'auf mehreren Geräten',
  added: 'Hinzugefügt',
  name: 'Name',
  rename: 'Umbenennen',
  renameNamed: (name) => `Passkey ${name} umbenennen`,
  remove: 'Entfernen',
  removeNamed: (name) => `Passkey ${name} entfernen`,
  stepTitle: 'Passkey hinzufügen',
  stepText: 'Ihr Browser fragt, wo der Passkey liegen soll, und vergewissert sich, dass Sie es sind.',
  nameHint: 'Damit Sie ihn wiedererkennen. Ohne Namen heißt er nach dem, was ihn aufbewahrt.',
  go: 'Weiter',
  failed:
    'Es wurde kein Passkey angelegt: Vielleicht hat dieses Gerät schon einen für dieses Konto. Versuchen Sie es noch einmal, oder wählen Sie ein anderes Gerät.',
  unasked:
    'Ihr Browser hat ihn bei einer Anmeldung angelegt. Sie können sich damit anmelden, ein zweiter Schritt ist er nicht.',
  confirm: 'Als zweiten Schritt verwenden',
  confirmNamed: (name) => `Als zweiten Schritt verwenden: ${name}`,
  confirmTitle: 'Passkey als zweiten Schritt verwenden',
  confirmText:
    'Benutzen Sie ihn jetzt einmal, damit wir sehen, dass er nach Ihnen fragt. Ab dann wird nach Ihrem Passwort nach ihm gefragt.',
  confirmFailed: 'Es wurde kein Passkey benutzt. Bitte versuchen Sie es noch einmal.',
  passwordFirst: 'Um ihn als zweiten Schritt zu verwenden, melden Sie sich zuerst mit Ihrem Passwort an.',
  noScript: 'Ihr Browser kennt keine Passkeys, oder Skripte sind aus. Bitte nehmen Sie einen anderen.',
  back: 'Zurück',
};
