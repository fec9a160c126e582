import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminBilling: Texts['adminBilling'] = {
  noPrice: 'Ningún precio',
  notConfigured: 'Stripe no está configurado',
  notConfiguredText:
    'Establezca STRIPE_SECRET_KEY y STRIPE_WEBHOOK_SECRET para aceptar pagos. Hasta entonces no se pueden cambiar los precios ni tratar los eventos.',
  events: 'Eventos de Stripe',
  statuses: { received: 'Recibido', done: 'Tratado', ignored: 'Omitido', failed: 'Fallido' },
  event: 'Evento',
  replay: 'Tratar de nuevo',
  replayNamed: (id) => `Tratar de nuevo: ${id}`,
  replayFailed:
    'El evento volvió a fallar. Su último error está abajo; se volverá a intentar automáticamente.',
  prices: 'Precios',
  pricesText:
    'Cada precio de Stripe corresponde a un plan, si es recurrente, o a créditos, si se paga una vez. Se ofrecen en este orden. Vacíe una fila para eliminarla.',
  price: (row) => `Precio ${row}`,
  priceId: 'Precio en Stripe',
  plan: 'Plan',
  credits: 'Créditos',
  noPlan: 'Ningún plan',
  seats: 'Puestos de organizaciones',
  noSeats: 'No por puesto',
  seatsOfMembers: 'Tantos como miembros',
  seatsPaid: 'Tantos como se compren',
  metered: 'Precios por uso',
  meteredHint: 'Ids de precios de Stripe que cobran el uso por encima del plan, separados por espacios',
  shortfalls: 'Faltas',
  shortfallsText: 'Pagos que se revirtieron después de usar sus créditos.',
  reference: 'Pago',
  due: 'Por recuperar',
  taken: 'Recuperado',
  missing: 'Falta',
  done: {
    replayed: 'El evento se trató de nuevo.',
  },
};
