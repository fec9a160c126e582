import { plural } from '../plural.ts';

type Period = 'day' | 'month';

/** What the page of a user’s usage says. */
export const accountUsage = {
  title: 'Usage',
  plan: 'Your plan',
  change: 'Plan and payment',
  usedOf: { day: 'used today', month: 'used this month' } satisfies Record<Period, string>,
  of: (used: string, limit: string) => `${used} of ${limit}`,
  left: (count: string) => `${count} left`,
  unlimited: 'Unlimited',
  notInPlan: 'Not in your plan',
  resets: 'Resets',
  billed: (count: string) => `${count} beyond your plan this month, which your next invoice will have`,
  lastDays: (total: string) => `${total} in the last 30 days`,
  chart: (resource: string) => `${resource}: the last 30 days`,
  chartText: (total: string, peak: string, date: string) =>
    `${total} in total. The most was ${peak}, on ${date}.`,
  unused: 'Nothing in the last 30 days.',
  numbers: 'Day by day',
  numbersOf: (resource: string) => `${resource}, day by day`,
  quantity: 'Used',
  late: 'The charts may lack the last few seconds.',
  models: 'Models',
  modelsText: 'Tokens that models have used in the last 30 days.',
  noModels: 'No model was used in the last 30 days.',
  tokens: (count: number, shown: string) =>
    plural('en', count, { one: `${shown} token`, other: `${shown} tokens` }),
  tokenParts: (input: string, output: string, requests: string) =>
    `${input} in · ${output} out · requests: ${requests}`,
  credits: 'Credits',
  noCredits: 'No credits added or used yet.',
  balanceAfter: (balance: string) => `Balance: ${balance}`,
  expires: 'Expire on',
  types: {
    purchase: 'Bought',
    added: 'Added',
    used: 'Used',
    refund: 'Given back',
    grant: 'Part of the plan',
    expired: 'Expired',
  },
};
