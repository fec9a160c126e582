import type { Texts } from '../texts.ts';

/** In German. */
export const accountKeys: Texts['accountKeys'] = {
  title: 'API-Schlüssel',
  text: 'Mit einem Schlüssel benutzt ein Programm den Dienst wie Sie, auf Ihre Kosten. Geben Sie jedem Programm einen eigenen, und legen Sie nie einen in eine Webseite.',
  sharedText:
    'Mit einem Schlüssel benutzt ein Programm den Dienst auf Kosten der Organisation. Er gilt weiter, auch wenn das Mitglied geht, das ihn erstellt hat.',
  none: 'Es gibt noch keinen Schlüssel.',
  create: 'Neuer Schlüssel',
  createButton: 'Schlüssel erstellen',
  name: 'Name',
  nameHint: 'Wofür er ist',
  expires: 'Gültig bis',
  expiresHint: 'Ende dieses Tages, UTC; leer: bis Sie ihn widerrufen',
  scopes: 'Was er darf',
  scopesHint: 'Wie die Dokumentation des Dienstes es nennt, mit Leerzeichen dazwischen; leer: nichts davon',
  credits: 'Guthaben im Monat, höchstens',
  creditsHint: 'Leer: so viel, wie da ist',
  rate: 'Anfragen in der Minute, höchstens',
  rateHint: 'Leer: so viele Sie wollen',
  may: 'Darf',
  created: 'Erstellt',
  lastUsed: 'Zuletzt benutzt',
  expired: 'Abgelaufen',
  used: 'Diesen Monat benutzt',
  creditsUsed: (_, shown) => `${shown} Guthaben`,
  revoke: 'Widerrufen',
  revokeNamed: (name) => `${name} widerrufen`,
  revokeTitle: (name) => `${name} widerrufen?`,
  revokeText:
    'Programme mit diesem Schlüssel werden sofort abgelehnt. Das lässt sich nicht rückgängig machen.',
  done: { key_revoked: 'Der Schlüssel ist widerrufen.' },
};
