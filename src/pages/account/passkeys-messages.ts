import { messages } from '../kit/messages.ts';

/** What is said of a user’s passkeys. */
export const passkeysMessages = messages({
  en: {
    title: 'Passkeys',
    text: 'Sign in with your fingerprint, your face or the PIN of your device. A passkey cannot be guessed, and works on no other site.',
    add: 'Add a passkey',
    synced: 'on several devices',
    added: 'Added',
    used: 'last used',
    unused: 'not used yet',
    name: 'Name',
    rename: 'Rename',
    renameNamed: (name: string) => `Rename the passkey ${name}`,
    remove: 'Remove',
    removeNamed: (name: string) => `Remove the passkey ${name}`,
    stepTitle: 'Add a passkey',
    stepText: 'Your browser will ask where to keep the passkey, and make sure that it is you.',
    nameHint: 'So that you know it again. Without one it is called after what keeps it.',
    go: 'Go on',
    failed:
      'No passkey was made: this device may have one for this account already. Try again, or choose another device.',
    noScript: 'Your browser has no passkeys, or scripts are off. Please use another one.',
    back: 'Back',
  },
  de: {
    title: 'Passkeys',
    text: 'Melden Sie sich mit Fingerabdruck, Gesicht oder der PIN Ihres Geräts an. Einen Passkey kann niemand erraten, und er gilt auf keiner anderen Seite.',
    add: 'Passkey hinzufügen',
    synced: 'auf mehreren Geräten',
    added: 'Hinzugefügt',
    used: 'zuletzt benutzt',
    unused: 'noch nicht benutzt',
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
    noScript: 'Ihr Browser kennt keine Passkeys, oder Skripte sind aus. Bitte nehmen Sie einen anderen.',
    back: 'Zurück',
  },
});
