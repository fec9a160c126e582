import type { Texts } from '../texts.ts';

/** In German. */
export const adminCommon: Texts['adminCommon'] = {
  menu: 'Verwaltung',
  account: 'Ihr Konto',
  pages: {
    overview: 'Überblick',
    users: 'Benutzer',
    organizations: 'Organisationen',
    activity: 'Aktivität',
    mail: 'Nachrichten',
    billing: 'Abrechnung',
    plans: 'Tarife',
    realms: 'Bereiche',
    keys: 'Schlüssel',
    clients: 'Apps',
    resources: 'Ressourcen',
    webhooks: 'Webhooks',
  },
  roles: { user: 'Benutzer', admin: 'Admin', owner: 'Eigentümer' },
  statuses: { active: 'Aktiv', suspended: 'Gesperrt' },
  all: 'Alle',
  when: 'Wann',
  user: 'Benutzer',
  status: 'Status',
  attempts: 'Versuche',
  back: 'Zurück zu allen',
  reason: 'Grund (für das Protokoll)',
  saved: 'Gespeichert. Es gilt innerhalb von 30 Sekunden überall.',
  unlimited: 'unbegrenzt',
  resource: 'Ressource',
  periods: { day: 'Je Tag', month: 'Je Monat' },
};
