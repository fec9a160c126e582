import { messages } from '../kit/messages.ts';

/** What the page of a user’s preferences says. */
export const preferencesMessages = messages({
  en: {
    title: 'Preferences',
    language: 'Language of these pages',
    automatic: 'That of the browser',
    theme: 'Appearance',
    themes: { system: 'As on this device', light: 'Light', dark: 'Dark' },
    notifications: 'Mails',
    news: 'News about the product',
    notificationsHint: 'Mails about the safety of your account always come.',
  },
  de: {
    title: 'Einstellungen',
    language: 'Sprache dieser Seiten',
    automatic: 'Wie im Browser',
    theme: 'Aussehen',
    themes: { system: 'Wie auf diesem Gerät', light: 'Hell', dark: 'Dunkel' },
    notifications: 'Mails',
    news: 'Neuigkeiten zum Produkt',
    notificationsHint: 'Mails zur Sicherheit Ihres Kontos kommen immer.',
  },
});
