import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminOverview: Texts['adminOverview'] = {
  users: 'Usuarios',
  newToday: 'Nuevos hoy',
  activeToday: 'Activos hoy',
  signInsToday: 'Inicios de sesión hoy',
  sessions: 'Sesiones activas',
  verified: 'Direcciones verificadas',
  secondFactors: 'Con un segundo factor',
  anonymous: 'Usuarios anónimos',
  suspended: 'Suspendidos',
  usedToday: (resource) => `${resource} hoy`,
  days: (days) => `Los últimos ${days} días`,
  fresh: (seconds) =>
    `Los registros e inicios de sesión tienen unos segundos de antigüedad; el uso, como máximo ${seconds} segundos.`,
  sinkWorks: (sink, waiting) =>
    `Los eventos van a ${sink}. Entradas del registro de auditoría en espera: ${waiting}.`,
  sinkFails: (sink, since, error, waiting) =>
    `Hay eventos en espera: ${sink} falla desde el ${since} (${error}). Entradas del registro de auditoría en espera: ${waiting}.`,
  sinkDropped: (dropped) => `Eventos que nunca le llegarán: ${dropped}.`,
  webhooksFail: (count) => `Webhooks que no reciben nada: ${count}. Vea por qué y actívelos de nuevo.`,
  messagesDead: (count) => `Mensajes abandonados: ${count}. Vea por qué y envíelos de nuevo.`,
  billingFails: 'No se pudieron tratar eventos de Stripe. Vea por qué y trátelos de nuevo.',
  cronLate:
    'Lo que el cron debía haber hecho hace unos minutos sigue esperando. Compruebe que existen sus activadores (Workers & Pages, Settings) y lo que dice el registro en cron_failed.',
  keysDue:
    'Una clave de firma debía haber cambiado. Vea lo que dice el registro en cron_failed sobre rotate_signing_keys; npm run keys:rotate dice qué sigue.',
  auditFails:
    'El flujo de auditoría no se recibe. Vea lo que dice el registro en audit_stream_failed; nada se pierde, está en espera.',
  signUps: 'Registros',
  signIns: 'Inicios de sesión',
  activeUsers: 'Usuarios activos',
  use: (resource) => `Uso: ${resource}`,
  models: 'Tokens por modelo',
  noModels: 'No se usó ningún modelo en estos días.',
  model: 'Modelo',
  input: 'Entrada',
  output: 'Salida',
  requests: 'Solicitudes',
  recent: 'Usuarios más recientes',
  top: (resource) => `Mayor uso de este mes: ${resource}`,
  deleted: 'Usuario eliminado',
  plans: 'Planes e ingresos',
  plan: 'Plan',
  subscriptions: 'Suscripciones',
  perMonth: 'Al mes',
  allPlans: 'Todos los planes',
  revenueHint:
    'Ingresos mensuales a precio de lista, antes de descuentos e impuestos. Cuentan las pruebas y las suscripciones con pagos pendientes.',
  noRevenue: 'Todavía nadie tiene una suscripción.',
  providers: 'Modos de iniciar sesión',
  provider: 'Con',
  password: 'Contraseña',
  passkey: 'Clave de acceso',
  noProviders: 'Ningún usuario tiene contraseña ni cuenta de un proveedor.',
  providersHint: 'Un usuario que tiene varios cuenta en cada uno.',
  chartTotal: (total) => `${total} en total`,
  chartMost: (most) => `máximo en un día: ${most}`,
  chartSummary: (title, total, most) =>
    `${title} por día: ${total} en total, ${most} el día de más actividad`,
  asTable: 'Mostrar los números',
};
