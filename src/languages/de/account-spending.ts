import type { Texts } from '../texts.ts';

/** In German. */
export const accountSpending: Texts['accountSpending'] = {
  title: 'Ausgabengrenzen',
  own: 'Wie viel ausgegeben werden darf, je Tag und je Monat (UTC). Was darüber hinausgeht, wird abgelehnt.',
  none: 'Zurzeit gilt keine Grenze.',
  change: 'Grenzen festlegen',
  usedOf: {
    day: (used, most) => `${used} von ${most} heute`,
    month: (used, most) => `${used} von ${most} in diesem Monat`,
  },
  shared: 'Wie viel alle Mitglieder zusammen ausgeben dürfen, je Tag und je Monat (UTC).',
  credits: 'Guthaben',
  day: (name) => `${name} am Tag`,
  month: (name) => `${name} im Monat`,
  spent: (used) => `${used} ausgegeben`,
  operator: (most) => `höchstens ${most}: vom Betreiber festgelegt`,
  save: 'Grenzen speichern',
  emptyIsNone: 'Ein leeres Feld ist keine Grenze.',
  sources: { plan: 'Vom Tarif', gift: 'Geschenkt', pack: 'Gekauft' },
  sourcesTitle: 'Woher das Guthaben kommt',
  order: 'Zuerst wird ausgegeben, was zuerst verfällt, dann das vom Tarif, dann Geschenktes.',
  expiring: (amount) => `${amount} verfallen am`,
  reserved: (amount) => `Davon sind ${amount} reserviert.`,
  from: 'Aus',
};
