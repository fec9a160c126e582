import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountPreferences: Texts['accountPreferences'] = {
  title: 'Preferencias',
  language: 'Idioma de estas páginas',
  automatic: 'El del navegador',
  theme: 'Apariencia',
  themes: { system: 'Como en este dispositivo', light: 'Clara', dark: 'Oscura' },
  notifications: 'Correos',
  news: 'Novedades del producto',
  notificationsHint: 'Los correos sobre la seguridad de su cuenta llegan siempre.',
};
