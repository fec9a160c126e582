import type { CreditSource } from '../../account/metering-contract.ts';
import { messages } from '../kit/messages.ts';

/** What pages say of caps, and of where credits came from. */
export const spendingMessages = messages({
  en: {
    title: 'Spending caps',
    own: 'How much may be spent, by day and by month (UTC). What goes beyond is refused.',
    none: 'Nothing is capped at the moment.',
    change: 'Set caps',
    usedOf: {
      day: (used: string, most: string) => `${used} of ${most} today`,
      month: (used: string, most: string) => `${used} of ${most} this month`,
    },
    shared: 'How much all members may spend together, by day and by month (UTC).',
    credits: 'Credits',
    day: (name: string) => `${name} a day`,
    month: (name: string) => `${name} a month`,
    spent: (used: string) => `${used} spent`,
    operator: (most: string) => `at most ${most}: an operator has set it`,
    save: 'Save caps',
    emptyIsNone: 'An empty field is no cap.',
    sources: {
      plan: 'Of the plan',
      gift: 'Given',
      pack: 'Bought',
    } satisfies Record<CreditSource, string>,
    sourcesTitle: 'Where the credits come from',
    order: 'What expires first is spent first, then those of the plan, then those that were given.',
    expiring: (amount: string) => `${amount} expire on`,
    reserved: (amount: string) => `${amount} of it are reserved.`,
    from: 'From',
  },
  de: {
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
  },
});
