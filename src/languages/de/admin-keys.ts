import type { Texts } from '../texts.ts';

/** In German. */
export const adminKeys: Texts['adminKeys'] = {
  text: 'Damit rufen Ihre Dienste auf. Legen Sie nie einen in eine App oder Webseite.',
  create: 'Neuer Schlüssel',
  createButton: 'Schlüssel erstellen',
  name: 'Name',
  scopes: 'Was er darf',
  scopeNames: {
    'users:read': 'Benutzer lesen',
    'usage:write': 'Nutzung erlauben und zählen',
    'credits:write': 'Guthaben ändern',
    'billing:write': 'Zahlungen beginnen',
    'metrics:read': 'Metriken lesen',
    'provider-tokens:read': 'Benutzen, was Benutzer bei verknüpften Anbietern haben',
    admin: 'Alles, wie ein Admin',
  },
  expires: 'Gültig bis',
  expiresHint: 'Ende dieses Tages, UTC; leer: bis er widerrufen wird',
  states: { active: 'Aktiv', revoked: 'Widerrufen', expired: 'Abgelaufen', suspended: 'Ausgesetzt' },
  unkept:
    'Niemand steht für diesen Schlüssel ein: Wer ihn gemacht hat, gehört nicht mehr zur Verwaltung. Er gilt weiter.',
  suspendedText:
    'Ausgesetzt: Wer ihn gemacht hat, gehört nicht mehr zur Verwaltung. Ein Owner kann ihn übernehmen.',
  takeOver: 'Übernehmen',
  created: 'Erstellt',
  lastUsed: 'Zuletzt benutzt',
  previousUntil: 'Der vorige gilt bis',
  change: (name) => `${name} erneuern oder widerrufen`,
  overlap: 'Der vorige gilt noch',
  overlaps: {
    '0': 'Gar nicht: Er ist bekannt geworden',
    '3600': 'Eine Stunde',
    '86400': 'Einen Tag',
    '604800': 'Eine Woche',
  },
  rotate: 'Erneuern',
  confirm: 'Ja, jeden Dienst mit diesem Schlüssel ablehnen',
  revoke: 'Widerrufen',
  done: {
    revoked: 'Der Schlüssel ist widerrufen. Er wird innerhalb von 30 Sekunden überall abgelehnt.',
    taken_over: 'Sie stehen jetzt für den Schlüssel ein.',
  },
};
