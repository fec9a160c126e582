import type { Texts } from '../texts.ts';

/** In French. */
export const accountApps: Texts['accountApps'] = {
  title: 'Applications',
  text: 'Applications qui peuvent utiliser votre compte. Celle que vous déconnectez perd son accès aussitôt.',
  none: 'Aucune application ne peut utiliser votre compte.',
  may: 'Autorisations',
  connected: 'Connectée le',
  lastUsed: 'Dernière utilisation :',
  gone: 'Une application qui n’existe plus',
  disconnect: 'Déconnecter',
  disconnectNamed: (app) => `Déconnecter ${app}`,
  done: { disconnected: 'L’application est déconnectée.' },
};
