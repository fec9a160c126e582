import { messages } from '../kit/messages.ts';

/** What the page of payments says. */
export const adminBillingMessages = messages({
  en: {
    notConfigured: 'Stripe is not set up',
    notConfiguredText:
      'Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET to take payments. Until then prices cannot be changed and events cannot be handled.',
    events: 'Events from Stripe',
    statuses: { received: 'Received', done: 'Done', ignored: 'Ignored', failed: 'Failed' },
    event: 'Event',
    replay: 'Handle again',
    replayNamed: (id: string) => `Handle again: ${id}`,
    replayFailed: 'The event failed again. Its last error is below; it will be tried again automatically.',
    prices: 'Prices',
    pricesText:
      'Each price of Stripe stands for a plan, if it recurs, or for credits, if it is paid once. They are offered in this order. Empty a row to remove it.',
    price: (row: number) => `Price ${row}`,
    priceId: 'Price at Stripe',
    plan: 'Plan',
    credits: 'Credits',
    noPlan: 'No plan',
    seats: 'Seats of organizations',
    noSeats: 'Not by seat',
    seatsOfMembers: 'As many as members',
    seatsPaid: 'As many as are bought',
    shortfalls: 'Shortfalls',
    shortfallsText: 'Payments that were reversed after their credits had been used.',
    reference: 'Payment',
    due: 'To take back',
    taken: 'Taken back',
    missing: 'Missing',
    done: {
      replayed: 'The event was handled again.',
    } as Record<string, string | undefined>,
  },
  de: {
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
    shortfalls: 'Fehlbeträge',
    shortfallsText: 'Zahlungen, die zurückgenommen wurden, als ihr Guthaben schon verbraucht war.',
    reference: 'Zahlung',
    due: 'Zurückzunehmen',
    taken: 'Zurückgenommen',
    missing: 'Fehlt',
    done: {
      replayed: 'Das Ereignis wurde noch einmal verarbeitet.',
    },
  },
});
