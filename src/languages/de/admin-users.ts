import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

const benutzer = (count: number) =>
  plural('de', count, { one: 'einen Benutzer', other: `${count} Benutzer` });

/** In German. */
export const adminUsers: Texts['adminUsers'] = {
  copyId: 'Kennung kopieren',
  saved: 'Gespeichert',
  savedName: 'Name dieses Filters',
  save: 'Speichern',
  remove: 'Entfernen',
  q: 'Suche',
  qHint: 'E-Mail, Name, Benutzername, Telefon oder Kennung',
  filters: 'Weitere Filter',
  any: 'Alle',
  yes: 'Ja',
  no: 'Nein',
  status: 'Status',
  role: 'Rolle',
  plan: 'Tarif',
  verified: 'Adresse bestätigt',
  anonymous: 'Anonym',
  createdAfter: 'Dabei seit (frühestens)',
  createdBefore: 'Dabei vor',
  search: 'Suchen',
  all: 'Alle zeigen',
  new: 'Neuer Benutzer',
  found: (total, shown, isExact) =>
    total === 0 ? 'Keine Benutzer gefunden' : `${shown} Benutzer${isExact ? '' : ' oder mehr'}`,
  paging: 'Seiten der Liste',
  first: 'Erste Seite',
  next: 'Nächste Seite',
  chooseNamed: (email) => `${email} auswählen`,
  columns: {
    email: 'E-Mail-Adresse',
    name: 'Name',
    username: 'Benutzername',
    status: 'Status',
    role: 'Rolle',
    plan: 'Tarif',
    email_verified: 'Bestätigt',
    created_at: 'Dabei seit',
    last_login_at: 'Letzte Anmeldung',
  },
  bulk: {
    page: 'Alle auf dieser Seite auswählen',
    chosen: '# ausgewählt',
    result: (count) => `Alle ${count} gefundenen`,
    progress: (done, count) => `${done} von ${count} erledigt`,
    act: 'Aktion',
    acts: {
      suspend: 'Sperren',
      reactivate: 'Entsperren',
      verify: 'Adresse als bestätigt markieren',
      reset: 'Neues Passwort verlangen',
    },
    button: 'Weiter',
    confirm: {
      suspend: (count) => `${benutzer(count)} sperren?`,
      reactivate: (count) => `${benutzer(count)} entsperren?`,
      verify: (count) =>
        plural('de', count, {
          one: 'Die Adresse eines Benutzers als bestätigt markieren?',
          other: `Die Adressen von ${count} Benutzern als bestätigt markieren?`,
        }),
      reset: (count) =>
        plural('de', count, {
          one: 'Neues Passwort von einem Benutzer verlangen?',
          other: `Neues Passwort von ${count} Benutzern verlangen?`,
        }),
    },
    confirmed: {
      suspend: (count) => `${benutzer(count)} sperren`,
      reactivate: (count) => `${benutzer(count)} entsperren`,
      verify: (count) =>
        plural('de', count, { one: 'Adresse bestätigen', other: `${count} Adressen bestätigen` }),
      reset: (count) => `${benutzer(count)} schreiben`,
    },
    effects: {
      suspend: 'Sie werden überall abgemeldet und können sich nicht anmelden, bis sie entsperrt werden.',
      reactivate: 'Sie können sich wieder anmelden.',
      verify: 'Sie dürfen dann, was eine bestätigte Adresse voraussetzt.',
      reset: 'Sie werden überall abgemeldet. Jeder bekommt per E-Mail einen Link für ein neues Passwort.',
    },
    more: (count) => `und ${count} weitere`,
    cancel: 'Abbrechen',
  },
  partly: (changed, failed) => `Geändert: ${changed}. Nicht geändert: ${failed}.`,
  done: {
    suspend: (count) => `Gesperrt: ${count}.`,
    reactivate: (count) => `Entsperrt: ${count}.`,
    verify: (count) => `Als bestätigt markierte Adressen: ${count}.`,
    reset: (count) => `Verschickte Links für ein neues Passwort: ${count}.`,
    deleted: () => 'Der Benutzer ist gelöscht.',
  },
};
