/** What the page of a user’s preferences says. */
export const accountPreferences = {
  title: 'Preferences',
  language: 'Language of these pages',
  automatic: 'That of the browser',
  theme: 'Appearance',
  themes: { system: 'As on this device', light: 'Light', dark: 'Dark' },
  notifications: 'Mails',
  news: 'News about the product',
  notificationsHint: 'Mails about the safety of your account always come.',
};
