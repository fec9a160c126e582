import type { Texts } from '../texts.ts';

/** In German. */
export const accountPreferences: Texts['accountPreferences'] = {
  title: 'Einstellungen',
  language: 'Sprache dieser Seiten',
  automatic: 'Wie im Browser',
  theme: 'Aussehen',
  themes: { system: 'Wie auf diesem Gerät', light: 'Hell', dark: 'Dunkel' },
  notifications: 'Mails',
  news: 'Neuigkeiten zum Produkt',
  notificationsHint: 'Mails zur Sicherheit Ihres Kontos kommen immer.',
};
