import type { IconName } from './icon-names.ts';

/** The icon of an entry of the activity log: of what went wrong, what has to do with ways in, and all else. */
export function activityIcon(type: string): IconName {
  if (/failed|locked|reused|copied|breached|disowned|suspended|reversed/.test(type)) return 'triangle-alert';
  if (type === 'signed_in') return 'log-in';
  if (/signed_out|session/.test(type)) return 'log-out';
  if (/password|factor|passkey|recovery|identity|reauth/.test(type)) return 'shield-check';
  if (/plan|payment|limits|trial/.test(type)) return 'credit-card';
  if (/^app_/.test(type)) return 'layout-grid';
  return 'user';
}
