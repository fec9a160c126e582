import { messages } from '../kit/messages.ts';

/** What the page of a user’s data says. */
export const dataMessages = messages({
  en: {
    title: 'Your data',
    export: 'Take your data with you',
    exportText:
      'A file with everything that we store about you: profile, preferences, sign-ins, activity, and which mails we sent you. Programs can read it (JSON).',
    download: 'Download',
    delete: 'Delete your account',
    deleteText:
      'Your profile, password, picture, sign-ins and activity are deleted at once and for good; every device is signed out. Nobody can undo this. We only keep a record that there was an account, and when it was deleted.',
    confirmation: (email: string) => `Type ${email} to confirm`,
    deleteButton: 'Delete my account',
    deleted: 'Your account is deleted',
    deletedText: 'Everything that we stored about you is gone. We have sent you a last mail to confirm this.',
  },
  de: {
    title: 'Ihre Daten',
    export: 'Ihre Daten mitnehmen',
    exportText:
      'Eine Datei mit allem, was wir über Sie speichern: Profil, Einstellungen, Anmeldungen, Aktivität und welche Mails wir Ihnen geschickt haben. Programme können sie lesen (JSON).',
    download: 'Herunterladen',
    delete: 'Konto löschen',
    deleteText:
      'Profil, Passwort, Bild, Anmeldungen und Aktivität werden sofort und endgültig gelöscht; alle Geräte werden abgemeldet. Niemand kann das rückgängig machen. Es bleibt nur, dass es ein Konto gab und wann es gelöscht wurde.',
    confirmation: (email) => `Geben Sie zur Bestätigung ${email} ein`,
    deleteButton: 'Mein Konto löschen',
    deleted: 'Ihr Konto ist gelöscht',
    deletedText:
      'Alles, was über Sie gespeichert war, ist fort. Wir haben Ihnen das in einer letzten Mail bestätigt.',
  },
});
