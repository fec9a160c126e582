/** How the pages of one realm greet people, in tests. */
export const GREETING = {
  'page-greeting': {
    terms: 'https://example.com/terms',
    privacy: 'https://example.com/privacy',
    providers: 'above',
    text: 'One account for all of Acme & Sons',
    background: '#0F172A',
  },
} as const;
