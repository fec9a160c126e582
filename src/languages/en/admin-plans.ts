/** What the pages of plans say. */
export const adminPlans = {
  text: 'Plans limit what users may use. A realm has the shared plans until you save one of its own.',
  limits: 'Limits',
  limitsHint:
    'A whole number, or “unlimited”. A resource without any limit is not in the plan. Limits in environment variables override these.',
  perDay: (resource: string) => `${resource} a day`,
  perMonth: (resource: string) => `${resource} a month`,
  overage: (resource: string) => `${resource} beyond the limit`,
  overageHint:
    'What goes beyond a limit is refused, unless it has a price in credits, “2” for each or “1 / 1000” for every started 1000, or a meter of Stripe’s bills it: say the name of its events.',
  newResource: 'Another resource',
  newResourceHint: 'A name such as images. Its limits:',
  name: 'Name',
  tiers: 'Model tiers',
  tiersHint: 'Separated by spaces; * for all',
  credits: 'Credits a month',
  rollover: 'Unused credits that roll over',
  rolloverHint: 'How many of a month can be spent in the next; 0 for none, or “unlimited”',
  features: 'Features',
  featuresHint: 'Names that your apps know, separated by spaces',
  add: 'Add a plan',
  id: 'Id',
  idHint: 'a–z, 0–9 and “-”. It cannot be changed later.',
  addButton: 'Add',
};
