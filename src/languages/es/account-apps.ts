import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountApps: Texts['accountApps'] = {
  title: 'Aplicaciones',
  text: 'Aplicaciones que pueden usar su cuenta, para usted o para una organización. La que desconecte pierde el acceso de inmediato.',
  actsFor: {
    yourself: 'Actúa para usted',
    organization: (name) => `Actúa para ${name}`,
  },
  none: 'Ninguna aplicación puede usar su cuenta.',
  may: 'Permisos',
  connected: 'Conectada el',
  gone: 'Una aplicación que ya no existe',
  disconnect: 'Desconectar',
  disconnectNamed: (app, whom) => `Desconectar ${app} (${whom})`,
  done: { disconnected: 'La aplicación está desconectada.' },
};
