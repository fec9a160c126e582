import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminCommon: Texts['adminCommon'] = {
  menu: 'Administración',
  account: 'Su cuenta',
  pages: {
    overview: 'Resumen',
    users: 'Usuarios',
    organizations: 'Organizaciones',
    activity: 'Actividad',
    mail: 'Correos',
    billing: 'Facturación',
    plans: 'Planes',
    realms: 'Espacios',
    keys: 'Claves',
    clients: 'Aplicaciones',
    resources: 'Recursos',
    webhooks: 'Webhooks',
  },
  roles: { user: 'Usuario', admin: 'Administrador', owner: 'Propietario' },
  statuses: { active: 'Activo', suspended: 'Suspendido' },
  all: 'Todos',
  when: 'Cuándo',
  user: 'Usuario',
  status: 'Estado',
  attempts: 'Intentos',
  back: 'Volver a la lista',
  reason: 'Motivo (para el registro de auditoría)',
  saved: 'Guardado. Estará vigente en todas partes en 30 segundos.',
  unlimited: 'sin límite',
  resource: 'Recurso',
  periods: { day: 'Al día', month: 'Al mes' },
};
