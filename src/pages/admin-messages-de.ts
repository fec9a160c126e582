import type { adminEn } from './admin-messages-en.ts';

/** Dasselbe auf Deutsch. */
export const adminDe: typeof adminEn = {
  menu: 'Verwaltung',
  pages: {
    overview: 'Überblick',
    users: 'Benutzer',
    activity: 'Aktivität',
    mail: 'Nachrichten',
    billing: 'Abrechnung',
    plans: 'Tarife',
    realms: 'Bereiche',
    keys: 'Schlüssel',
  },
  roles: { user: 'Benutzer', admin: 'Admin', owner: 'Eigentümer' },
  statuses: { active: 'Aktiv', suspended: 'Gesperrt' },
};
