import { plural } from '../plural.ts';

const users = (count: number, shown: string) =>
  plural('en', count, { one: `${shown} user`, other: `${shown} users` });
const usersIn = (count: number) => users(count, String(count));

/** What the list of users says. */
export const adminUsers = {
  copyId: 'Copy the id',
  saved: 'Saved',
  savedName: 'Name of this filter',
  save: 'Save',
  remove: 'Remove',
  q: 'Search',
  qHint: 'Email, name, username, phone or id',
  filters: 'More filters',
  any: 'Any',
  yes: 'Yes',
  no: 'No',
  status: 'Status',
  role: 'Role',
  plan: 'Plan',
  verified: 'Address verified',
  anonymous: 'Anonymous',
  createdAfter: 'Joined on or after',
  createdBefore: 'Joined before',
  search: 'Search',
  all: 'Show all',
  new: 'New user',
  found: (total: number, shown: string, isExact: boolean) =>
    total === 0 ? 'No users found' : `${users(total, shown)}${isExact ? '' : ' or more'}`,
  paging: 'Pages of users',
  first: 'First page',
  next: 'Next page',
  chooseNamed: (email: string) => `Choose ${email}`,
  columns: {
    email: 'Email address',
    name: 'Name',
    username: 'Username',
    status: 'Status',
    role: 'Role',
    plan: 'Plan',
    email_verified: 'Verified',
    created_at: 'Joined',
    last_login_at: 'Last sign-in',
  },
  bulk: {
    page: 'Choose all on this page',
    chosen: '# chosen',
    result: (count: number) => `All ${count} found`,
    progress: (done: number, count: number) => `${done} of ${count} done`,
    act: 'Action',
    acts: {
      suspend: 'Suspend',
      reactivate: 'Reactivate',
      verify: 'Mark the address as verified',
      reset: 'Force a new password',
    },
    button: 'Continue',
    /** What is asked before it is done to so many users, and what the button says then. */
    confirm: {
      suspend: (count: number) => `Suspend ${usersIn(count)}?`,
      reactivate: (count: number) => `Reactivate ${usersIn(count)}?`,
      verify: (count: number) => `Mark the addresses of ${usersIn(count)} as verified?`,
      reset: (count: number) => `Force a new password for ${usersIn(count)}?`,
    },
    confirmed: {
      suspend: (count: number) => `Suspend ${usersIn(count)}`,
      reactivate: (count: number) => `Reactivate ${usersIn(count)}`,
      verify: (count: number) => `Verify ${usersIn(count)}`,
      reset: (count: number) => `Mail ${usersIn(count)}`,
    },
    effects: {
      suspend: 'They are signed out everywhere and cannot sign in until they are reactivated.',
      reactivate: 'They can sign in again.',
      verify: 'They can then do what needs a verified address.',
      reset: 'They are signed out everywhere. Each gets a link to set a new password by mail.',
    },
    more: (count: number) => `and ${count} more`,
    cancel: 'Cancel',
  },
  partly: (changed: number, failed: number) => `Changed: ${changed}. Not changed: ${failed}.`,
  /** What was done to how many users, by its code. */
  done: {
    suspend: (count) => `Suspended: ${count}.`,
    reactivate: (count) => `Reactivated: ${count}.`,
    verify: (count) => `Addresses marked as verified: ${count}.`,
    reset: (count) => `Links to set a new password mailed: ${count}.`,
    deleted: () => 'The user is deleted.',
  } as Record<string, ((count: number) => string) | undefined>,
};
