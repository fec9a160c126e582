import type { Texts } from '../texts.ts';

/** In German. */
export const accountApps: Texts['accountApps'] = {
  title: 'Apps',
  text: 'Apps, die Ihr Konto benutzen dürfen. Eine, die Sie trennen, verliert ihren Zugriff sofort.',
  none: 'Keine App darf Ihr Konto benutzen.',
  may: 'Sie darf',
  connected: 'Verbunden',
  lastUsed: 'Zuletzt benutzt',
  gone: 'Eine App, die es nicht mehr gibt',
  disconnect: 'Trennen',
  disconnectNamed: (app) => `${app} trennen`,
  done: { disconnected: 'Die App ist getrennt.' },
};
