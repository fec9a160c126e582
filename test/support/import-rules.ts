/**
 * The house from its foundation up: a room imports from its own line and the lines below, types included. The guide of
 * the architecture shows it.
 */
export const LINES: string[][] = [
  ['lib', 'crypto', 'images', 'db', 'errors', 'config', 'logs'],
  ['http'],
  ['directory', 'realms', 'messages', 'languages', 'sinks', 'events'],
  ['account'],
  ['wallet'],
  [
    'anonymous',
    'api-keys',
    'authorize',
    'billing',
    'challenges',
    'codes',
    'credits',
    'factors',
    'hooks',
    'metrics',
    'oauth',
    'organizations',
    'passkeys',
    'passwords',
    'plans',
    'product-keys',
    'profile',
    'reauthentication',
    'secrets',
    'sessions',
    'signing-keys',
    'usage',
    'verification',
    'webhooks',
  ],
  ['admin', 'authorization-server', 'backup', 'privacy', 'import'],
  ['pages', 'rpc', 'compat', 'cli', 'docs', 'dev', 'health', 'client'],
];
/** Puts it all together, and imports everything. */
export const COMPOSITION = [
  'worker-config',
  'hot-services',
  'services',
  'stubs',
  'app-shell',
  'hot-app',
  'app',
  'whole-app',
  'cron',
  'worker',
];
