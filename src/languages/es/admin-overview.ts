import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminOverview: Texts['adminOverview'] = {
  attention: 'Requiere atención',
  range: 'Periodo',
  ranges: { '7d': '7 días', '30d': '30 días', '90d': '90 días', '12m': '12 meses' },
  figures: 'Cifras',
  perDay: (title) => `${title} al día`,
  weekOf: (day) => `Semana del ${day}`,
  trend: (title, total) =>
    `${title} a lo largo del tiempo: ${total} en total. Una línea discontinua muestra el periodo anterior.`,
  used: 'Uso',
  now: 'En este momento',
  users: 'Usuarios',
  sessions: 'Sesiones activas',
  verified: 'Direcciones verificadas',
  secondFactors: 'Con un segundo factor',
  anonymous: 'Usuarios anónimos',
  suspended: 'Suspendidos',
  fresh: (seconds) =>
    `Los registros e inicios de sesión tienen unos segundos de antigüedad; el uso, como máximo ${seconds} segundos.`,
  sinkWorks: (sink, waiting) =>
    `Los eventos van a ${sink}. Entradas del registro de auditoría en espera: ${waiting}.`,
  sinkFails: (sink, since, error, waiting) =>
    `Hay eventos en espera: ${sink} falla desde el ${since} (${error}). Entradas del registro de auditoría en espera: ${waiting}.`,
  sinkDropped: (dropped) => `Eventos perdidos: ${dropped}.`,
  webhooksFail: (count) => `Webhooks con fallos: ${count}. Vea por qué y actívelos de nuevo.`,
  messagesDead: (count) => `Mensajes sin entregar: ${count}. Vea por qué y envíelos de nuevo.`,
  billingFails: 'Han fallado eventos de Stripe. Vea por qué y trátelos de nuevo.',
  cronLate:
    'Las tareas programadas llevan minutos de retraso. Compruebe que existen los activadores cron (Workers & Pages, Settings) y busque cron_failed en el registro.',
  keysDue:
    'La renovación de una clave de firma lleva retraso. Busque cron_failed con rotate_signing_keys en el registro; npm run keys:rotate dice qué sigue.',
  auditFails:
    'El flujo de auditoría no se acepta. Busque audit_stream_failed en el registro. Nada se pierde: las entradas esperan.',
  signUps: 'Registros',
  signIns: 'Inicios de sesión',
  activeUsers: 'Usuarios activos',
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
  provider: 'Método',
  password: 'Contraseña',
  passkey: 'Clave de acceso',
  noProviders: 'Ningún usuario tiene contraseña ni cuenta de un proveedor.',
  providersHint: 'Un usuario que tiene varios cuenta en cada uno.',
  asTable: 'Mostrar los números',
};
