import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountApps: Texts['accountApps'] = {
  title: 'Aplicaciones',
  text: 'Aplicaciones que pueden usar su cuenta. La que desconecte pierde el acceso de inmediato.',
  none: 'Ninguna aplicación puede usar su cuenta.',
  may: 'Permisos',
  connected: 'Conectada el',
  lastUsed: 'Último uso:',
  gone: 'Una aplicación que ya no existe',
  disconnect: 'Desconectar',
  disconnectNamed: (app) => `Desconectar ${app}`,
  done: { disconnected: 'La aplicación está desconectada.' },
};
