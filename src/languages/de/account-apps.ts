import type { Texts } from '../texts.ts';

/** In German. */
export const accountApps: Texts['accountApps'] = {
  title: 'Apps',
  text: 'Apps, die Ihr Konto benutzen dürfen, für Sie oder für eine Organisation. Eine, die Sie trennen, verliert ihren Zugriff sofort.',
  actsFor: {
    yourself: 'Handelt für Sie',
    organization: (name) => `Handelt für ${name}`,
  },
  none: 'Keine App darf Ihr Konto benutzen.',
  may: 'Sie darf',
  connected: 'Verbunden',
  gone: 'Eine App, die es nicht mehr gibt',
  disconnect: 'Trennen',
  disconnectNamed: (app, whom) => `${app} trennen (${whom})`,
  done: { disconnected: 'Die App ist getrennt.' },
};
