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
  operator:
    'Wie viel ausgegeben werden darf, je Tag und je Monat (UTC). Niemand geht über das hinaus, was Sie hier festlegen; von Ihren Grenzen und den eigenen gilt die niedrigere.',
  ofEverybody: 'Grenzen aller Mitglieder',
  ofEverybodyText:
    'Wie viel jedes Mitglied je Tag und je Monat (UTC) verbrauchen darf, für das nichts Eigenes gilt.',
  ofMember: (name) => `Grenzen von ${name}`,
  ofMemberText:
    'Wie viel dieses Mitglied von dem verbrauchen darf, was alle teilen, je Tag und je Monat (UTC).',
  emptyIsEverybody:
    'Eine ausgefüllte Zeile gilt anstelle der Grenzen aller Mitglieder. Sind beide Felder leer, gelten diese.',
  everybodyMost: (most) => `alle Mitglieder: höchstens ${most}`,
  credits: 'Guthaben',
  day: (name) => `${name} am Tag`,
  month: (name) => `${name} im Monat`,
  spent: (used) => `${used} ausgegeben`,
  operatorMost: (most) => `höchstens ${most}: vom Betreiber festgelegt`,
  ownMost: (most) => `eigene Grenze: höchstens ${most}`,
  save: 'Grenzen speichern',
  emptyIsNone: 'Ein leeres Feld ist keine Grenze.',
  sources: { plan: 'Vom Tarif', gift: 'Geschenkt', pack: 'Gekauft' },
  sourcesTitle: 'Woher das Guthaben kommt',
  order: 'Zuerst wird ausgegeben, was zuerst verfällt, dann das vom Tarif, dann Geschenktes.',
  expiring: (amount) => `${amount} verfallen am`,
  reserved: (amount) => `Davon sind ${amount} reserviert.`,
  from: 'Aus',
};
