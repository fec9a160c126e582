/** What the pages for operators say in English. */
export const adminEn = {
  menu: 'Administration',
  pages: {
    overview: 'Overview',
    users: 'Users',
    activity: 'Activity',
    mail: 'Mail',
    billing: 'Billing',
    plans: 'Plans',
    realms: 'Realms',
    keys: 'Keys',
  },
  roles: { user: 'User', admin: 'Admin', owner: 'Owner' },
  statuses: { active: 'Active', suspended: 'Suspended' },
};
