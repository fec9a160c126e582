import type { Texts } from '../texts.ts';

/** In French. */
export const adminBilling: Texts['adminBilling'] = {
  noPrice: 'Aucun prix',
  notConfigured: 'Stripe n’est pas configuré',
  notConfiguredText:
    'Définissez STRIPE_SECRET_KEY et STRIPE_WEBHOOK_SECRET pour accepter des paiements. D’ici là, les prix ne peuvent pas être modifiés ni les événements traités.',
  events: 'Événements de Stripe',
  statuses: { received: 'Reçu', done: 'Traité', ignored: 'Ignoré', failed: 'Échec' },
  event: 'Événement',
  replay: 'Traiter à nouveau',
  replayNamed: (id) => `Traiter à nouveau : ${id}`,
  replayFailed:
    'L’événement a de nouveau échoué. Sa dernière erreur est ci-dessous ; il sera réessayé automatiquement.',
  prices: 'Prix',
  pricesText:
    'Chaque prix de Stripe correspond à un forfait, s’il est récurrent, ou à des crédits, s’il est payé une seule fois. Ils sont proposés dans cet ordre. Videz une ligne pour la supprimer.',
  price: (row) => `Prix ${row}`,
  priceId: 'Prix chez Stripe',
  plan: 'Forfait',
  credits: 'Crédits',
  noPlan: 'Aucun forfait',
  seats: 'Sièges des organisations',
  noSeats: 'Pas par siège',
  seatsOfMembers: 'Autant que de membres',
  seatsPaid: 'Autant que de sièges achetés',
  metered: 'Prix à l’usage',
  meteredHint:
    'Identifiants des prix Stripe qui facturent l’usage au-delà de l’offre, séparés par des espaces',
  shortfalls: 'Manques',
  shortfallsText: 'Paiements annulés après l’utilisation de leurs crédits.',
  reference: 'Paiement',
  due: 'À reprendre',
  taken: 'Repris',
  missing: 'Manquant',
  done: {
    replayed: 'L’événement a été traité à nouveau.',
  },
};
