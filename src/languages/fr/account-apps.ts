import type { Texts } from '../texts.ts';

/** In French. */
export const accountApps: Texts['accountApps'] = {
  title: 'Applications',
  text: 'Applications qui peuvent utiliser votre compte, pour vous ou pour une organisation. Celle que vous déconnectez perd son accès aussitôt.',
  actsFor: {
    yourself: 'Agit pour vous',
    organization: (name) => `Agit pour ${name}`,
  },
  none: 'Aucune application ne peut utiliser votre compte.',
  may: 'Autorisations',
  connected: 'Connectée le',
  gone: 'Une application qui n’existe plus',
  disconnect: 'Déconnecter',
  disconnectNamed: (app, whom) => `Déconnecter ${app} (${whom})`,
  done: { disconnected: 'L’application est déconnectée.' },
};
