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
  operator:
    'How much may be spent, by day and by month (UTC). Nobody goes beyond what you set here; the lower of your caps and their own counts.',
  ofEverybody: 'Caps of every member',
  ofEverybodyText: 'How much each member without caps of their own may use, by day and by month (UTC).',
  ofMember: (name: string) => `Caps of ${name}`,
  ofMemberText: 'How much this member may use of what all share, by day and by month (UTC).',
  emptyIsEverybody:
    'A line that is filled in holds in place of the caps of every member. Where both fields are empty, those hold.',
  everybodyMost: (most: string) => `every member: at most ${most}`,
  credits: 'Credits',
  day: (name: string) => `${name} a day`,
  month: (name: string) => `${name} a month`,
  spent: (used: string) => `${used} spent`,
  operatorMost: (most: string) => `at most ${most}: an operator has set it`,
  ownMost: (most: string) => `their own: at most ${most}`,
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
