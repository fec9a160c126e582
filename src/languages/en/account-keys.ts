import { plural } from '../plural.ts';

/** What the page of a user's API keys says, and the panel of an organization's. */
export const accountKeys = {
  title: 'API keys',
  text: 'With a key a program uses the service as you do, at your cost. Give each program one of its own, and never put one in a web page.',
  sharedText:
    'With a key a program uses the service at the cost of the organization. A key keeps working when its creator leaves.',
  none: 'There is no key yet.',
  create: 'New key',
  createButton: 'Create key',
  name: 'Name',
  nameHint: 'What it is for',
  expires: 'Good until',
  expiresHint: 'Until the end of that day in UTC; if empty, until you revoke it',
  scopes: 'Permissions',
  scopesHint: 'As the documentation of the service calls them, with blanks between; none if empty',
  credits: 'Credits a month, at most',
  creditsHint: 'If empty, as many as there are',
  rate: 'Requests a minute, at most',
  rateHint: 'If empty, as many as you like',
  may: 'May',
  created: 'Created',
  lastUsed: 'Last used',
  expired: 'Expired',
  used: 'Used this month',
  creditsUsed: (count: number, shown: string) =>
    plural('en', count, { one: `${shown} credit`, other: `${shown} credits` }),
  revoke: 'Revoke',
  revokeNamed: (name: string) => `Revoke ${name}`,
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeText: 'Programs that have this key are refused at once. This cannot be undone.',
  done: { key_revoked: 'The key is revoked.' } as Record<string, string | undefined>,
};
