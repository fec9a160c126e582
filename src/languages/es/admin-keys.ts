import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminKeys: Texts['adminKeys'] = {
  text: 'Sus servicios llaman con estas claves. No ponga nunca ninguna en una aplicación o una página web.',
  create: 'Nueva clave',
  createButton: 'Crear la clave',
  name: 'Nombre',
  scopes: 'Permisos',
  scopeNames: {
    'users:read': 'Leer los usuarios',
    'usage:write': 'Autorizar y contar el uso',
    'credits:write': 'Cambiar los créditos',
    'billing:write': 'Iniciar pagos',
    'metrics:read': 'Leer las métricas',
    'provider-tokens:read': 'Usar lo que los usuarios tienen en los proveedores vinculados',
    admin: 'Todo, como un administrador',
  },
  expires: 'Fin de validez',
  expiresHint: 'Hasta el final de ese día en UTC; si está vacío, hasta que se revoque',
  states: { active: 'Activa', revoked: 'Revocada', expired: 'Vencida', suspended: 'Suspendida' },
  unkept: 'Nadie responde de esta clave: quien la creó ya no es operador. Sigue funcionando.',
  suspendedText: 'Suspendida: quien la creó ya no es operador. Un propietario puede asumirla.',
  takeOver: 'Asumir',
  created: 'Creada',
  lastUsed: 'Último uso',
  previousUntil: 'Fin de validez de la clave anterior',
  change: (name) => `Renovar o revocar ${name}`,
  overlap: 'La clave anterior sigue valiendo',
  overlaps: { '0': 'Nada: se ha filtrado', '3600': 'Una hora', '86400': 'Un día', '604800': 'Una semana' },
  rotate: 'Renovar',
  confirm: 'Sí, rechazar todos los servicios que tienen esta clave',
  revoke: 'Revocar',
  done: {
    revoked: 'La clave está revocada. Se rechaza en todas partes en 30 segundos.',
    taken_over: 'Ahora responde usted de la clave.',
  },
};
