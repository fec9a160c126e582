import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In German. */
export const accountOverview: Texts['accountOverview'] = {
  title: 'Übersicht',
  memberSince: 'Dabei seit',
  edit: 'Profil bearbeiten',
  safety: 'Sicherheit',
  safetyStates: {
    good: 'Ihr Konto ist gut geschützt',
    warn: 'Ihr Konto lässt sich besser schützen',
    bad: 'Ihr Konto braucht Ihre Aufmerksamkeit',
  },
  ways: {
    password: 'Passwort',
    passkeys: (count) =>
      count === 0 ? 'Passkeys' : plural('de', count, { one: '1 Passkey', other: `${count} Passkeys` }),
    twoStep: 'Anmeldung in zwei Schritten',
    recovery: (count) =>
      plural('de', count, {
        one: 'Noch 1 Wiederherstellungscode',
        other: `Noch ${count} Wiederherstellungscodes`,
      }),
    providers: (names) => `Verknüpft: ${names}`,
  },
  off: 'Nicht eingerichtet',
  next: {
    email: 'Bestätigen Sie Ihre E-Mail-Adresse: Sie hilft Ihnen zurück in Ihr Konto.',
    way: 'Fügen Sie einen weiteren Zugang hinzu: Ohne den einen, den Sie haben, öffnet niemand Ihr Konto.',
    passkey: 'Fügen Sie einen Passkey hinzu. Er lässt sich weder erraten noch an eine falsche Seite geben.',
    twoStep: 'Schalten Sie die Anmeldung in zwei Schritten ein: Dann öffnet Ihr Passwort allein nichts.',
    recovery: 'Machen Sie neue Wiederherstellungscodes, bevor der letzte benutzt ist.',
  },
  go: {
    email: 'Bestätigen',
    way: 'Hinzufügen',
    passkey: 'Passkey hinzufügen',
    twoStep: 'Einschalten',
    recovery: 'Neue machen',
  },
  security: 'Alles zur Sicherheit',
  plan: 'Tarif und Nutzung',
  until: 'Bis',
  credits: (count, shown) =>
    plural('de', count, { one: `${shown} Guthabenpunkt`, other: `${shown} Guthabenpunkte` }),
  nothing: 'Ihr Tarif hat keine Grenzen, auf die zu achten wäre.',
  usage: 'Alle Nutzung',
  billing: 'Tarif und Zahlung',
  devices: 'Geräte',
  lastSignIn: 'Letzte Anmeldung',
  active: 'Aktiv',
  others: (count) => `und ${count} weitere`,
  allDevices: 'Alle Geräte',
  activity: 'Aktivität',
  organizations: 'Organisationen',
  noOrganization: 'In einer Organisation teilen Sie einen Tarif mit anderen.',
  allOrganizations: 'Alle Organisationen',
};
