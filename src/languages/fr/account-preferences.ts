import type { Texts } from '../texts.ts';

/** In French. */
export const accountPreferences: Texts['accountPreferences'] = {
  title: 'Préférences',
  language: 'Langue de ces pages',
  automatic: 'Celle du navigateur',
  theme: 'Apparence',
  themes: { system: 'Comme sur cet appareil', light: 'Claire', dark: 'Sombre' },
  notifications: 'E-mails',
  news: 'Nouveautés du produit',
  notificationsHint: 'Les e-mails sur la sécurité de votre compte arrivent toujours.',
};
