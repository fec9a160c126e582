import { plural } from '../plural.ts';

/** What the first page of an account says. */
export const accountOverview = {
  title: 'Overview',
  memberSince: 'Member since',
  edit: 'Edit profile',
  safety: 'Security',
  safetyStates: {
    good: 'Your account is well protected',
    warn: 'Your account can be better protected',
    bad: 'Your account needs your attention',
  },
  ways: {
    password: 'Password',
    passkeys: (count: number) =>
      count === 0 ? 'Passkeys' : plural('en', count, { one: '1 passkey', other: `${count} passkeys` }),
    twoStep: 'Two-step sign-in',
    recovery: (count: number) =>
      plural('en', count, { one: '1 recovery code left', other: `${count} recovery codes left` }),
    providers: (names: string) => `Linked: ${names}`,
  },
  off: 'Not set up',
  next: {
    email: 'Confirm your email address: it helps you back in.',
    way: 'Add another way in: without the one you have, nobody can open your account.',
    passkey: 'Add a passkey. It cannot be guessed, nor given away to a false site.',
    twoStep: 'Turn on two-step sign-in, so that your password alone opens nothing.',
    recovery: 'Make new recovery codes, before the last is used.',
  },
  go: {
    email: 'Confirm it',
    way: 'Add one',
    passkey: 'Add a passkey',
    twoStep: 'Turn it on',
    recovery: 'Make new ones',
  },
  security: 'All security settings',
  plan: 'Plan and usage',
  until: 'Until',
  credits: (count: number, shown: string) =>
    plural('en', count, { one: `${shown} credit`, other: `${shown} credits` }),
  nothing: 'Your plan has no limits to watch.',
  usage: 'All usage',
  billing: 'Plan and payment',
  devices: 'Devices',
  lastSignIn: 'Last sign-in',
  active: 'Active',
  others: (count: string) => `and ${count} more`,
  allDevices: 'All devices',
  activity: 'Activity',
  organizations: 'Organizations',
  noOrganization: 'In an organization, you share a plan with others.',
  allOrganizations: 'All organizations',
};
