import type { Texts } from '../texts.ts';

/** In German. */
export const adminBilling: Texts['adminBilling'] = {
  noPrice: 'Kein Preis',
  notConfigured: 'Stripe ist nicht eingerichtet',
  notConfiguredText:
    'Setzen Sie STRIPE_SECRET_KEY und STRIPE_WEBHOOK_SECRET, um Zahlungen anzunehmen. Bis dahin lassen sich weder Preise ändern noch Ereignisse verarbeiten.',
  events: 'Ereignisse von Stripe',
  statuses: { received: 'Empfangen', done: 'Erledigt', ignored: 'Übergangen', failed: 'Gescheitert' },
  event: 'Ereignis',
  replay: 'Noch einmal verarbeiten',
  replayNamed: (id) => `Noch einmal verarbeiten: ${id}`,
  replayFailed:
    'Das Ereignis ist wieder gescheitert. Der letzte Fehler steht unten; es wird von selbst noch einmal versucht.',
  prices: 'Preise',
  pricesText:
    'Jeder Preis bei Stripe steht für einen Tarif, wenn er wiederkehrt, oder für Guthaben, wenn er einmal bezahlt wird. Angeboten werden sie in dieser Reihenfolge. Leeren Sie eine Zeile, um sie zu entfernen.',
  price: (row) => `Preis ${row}`,
  priceId: 'Preis bei Stripe',
  plan: 'Tarif',
  credits: 'Guthaben',
  noPlan: 'Kein Tarif',
  seats: 'Plätze von Organisationen',
  noSeats: 'Nicht je Platz',
  seatsOfMembers: 'So viele wie Mitglieder',
  seatsPaid: 'So viele wie gekauft',
  metered: 'Preise nach Verbrauch',
  meteredHint:
    'Ids von Stripe-Preisen, die Nutzung über den Tarif hinaus abrechnen, durch Leerzeichen getrennt',
  shortfalls: 'Fehlbeträge',
  shortfallsText: 'Zahlungen, die zurückgenommen wurden, als ihr Guthaben schon verbraucht war.',
  reference: 'Zahlung',
  due: 'Zurückzunehmen',
  taken: 'Zurückgenommen',
  missing: 'Fehlt',
  done: {
    replayed: 'Das Ereignis wurde noch einmal verarbeitet.',
  },
};
