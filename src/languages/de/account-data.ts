import type { Texts } from '../texts.ts';

/** In German. */
export const accountData: Texts['accountData'] = {
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
};
