/** What pages say of caps, and of where credits came from. */
export const accountSpending = {
  title: 'Spending caps',
  own: 'How much may be spent, by day and by month (UTC). What goes beyond is refused.',
  none: 'Nothing is capped at the moment.',
  change: 'Set caps',
  usedOf: {
    day: (used: string, most: string) => `${used} of ${most} today`,
    month: (used: string, most: string) => `${used} of ${most} this month`,
  },
  shared: 'How much all members may spend together, by day and by month (UTC).',
  credits: 'Credits',
  day: (name: string) => `${name} a day`,
  month: (name: string) => `${name} a month`,
  spent: (used: string) => `${used} spent`,
  operator: (most: string) => `at most ${most}: an operator has set it`,
  save: 'Save caps',
  emptyIsNone: 'An empty field is no cap.',
  sources: {
    plan: 'Of the plan',
    gift: 'Given',
    pack: 'Bought',
  },
  sourcesTitle: 'Where the credits come from',
  order: 'What expires first is spent first, then those of the plan, then those that were given.',
  expiring: (amount: string) => `${amount} expire on`,
  reserved: (amount: string) => `${amount} of it are reserved.`,
  from: 'From',
};
