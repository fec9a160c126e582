/** What the page of payments says. */
export const adminBilling = {
  noPrice: 'No price',
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
};
