import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountKeys: Texts['accountKeys'] = {
  title: 'Claves de API',
  text: 'Con una clave, un programa usa el servicio como usted y a su cargo. Dé a cada programa una propia y no ponga nunca ninguna en una página web.',
  sharedText:
    'Con una clave, un programa usa el servicio a cargo de la organización. Una clave sigue valiendo cuando se va quien la creó.',
  none: 'Todavía no hay ninguna clave.',
  create: 'Nueva clave',
  createButton: 'Crear la clave',
  name: 'Nombre',
  nameHint: 'Para qué sirve',
  expires: 'Válida hasta el',
  expiresHint: 'Hasta el final de ese día en UTC; si está vacío, hasta que la revoque',
  scopes: 'Permisos',
  scopesHint: 'Como los llama la documentación del servicio, separados por espacios; ninguno si está vacío',
  credits: 'Créditos al mes, como máximo',
  creditsHint: 'Si está vacío, tantos como haya',
  rate: 'Solicitudes por minuto, como máximo',
  rateHint: 'Si está vacío, sin límite',
  may: 'Permisos',
  created: 'Creada el',
  lastUsed: 'Último uso:',
  expired: 'Vencida',
  used: 'Uso de este mes',
  creditsUsed: (count, shown) =>
    plural('es', count, {
      one: `${shown} crédito`,
      many: `${shown} de créditos`,
      other: `${shown} créditos`,
    }),
  revoke: 'Revocar',
  revokeNamed: (name) => `Revocar ${name}`,
  revokeTitle: (name) => `¿Revocar ${name}?`,
  revokeText: 'Los programas que tienen esta clave se rechazan de inmediato. No se puede deshacer.',
  done: { key_revoked: 'La clave está revocada.' },
};
