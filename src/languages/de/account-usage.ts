import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In German. */
export const accountUsage: Texts['accountUsage'] = {
  title: 'Nutzung',
  plan: 'Ihr Tarif',
  change: 'Tarif und Zahlung',
  usedOf: { day: 'heute genutzt', month: 'in diesem Monat genutzt' },
  of: (used, limit) => `${used} von ${limit}`,
  left: (count) => `${count} übrig`,
  unlimited: 'Unbegrenzt',
  notInPlan: 'Nicht in Ihrem Tarif',
  resets: 'Beginnt neu',
  billed: (count) =>
    `${count} in diesem Monat über Ihren Tarif hinaus, die mit Ihrer nächsten Rechnung kommen`,
  lastDays: (total) => `${total} in den letzten 30 Tagen`,
  chart: (resource) => `${resource}: die letzten 30 Tage`,
  chartText: (total, peak, date) => `Zusammen ${total}. Am meisten waren es am ${date}: ${peak}.`,
  unused: 'In den letzten 30 Tagen nichts.',
  numbers: 'Tag für Tag',
  numbersOf: (resource) => `${resource}, Tag für Tag`,
  quantity: 'Genutzt',
  late: 'In den Diagrammen können die letzten Sekunden fehlen.',
  models: 'Modelle',
  modelsText: 'Tokens, die Modelle in den letzten 30 Tagen verbraucht haben.',
  noModels: 'In den letzten 30 Tagen wurde kein Modell benutzt.',
  tokens: (count, shown) => plural('de', count, { one: `${shown} Token`, other: `${shown} Tokens` }),
  tokenParts: (input, output, requests) => `${input} ein · ${output} aus · Anfragen: ${requests}`,
  credits: 'Guthaben',
  noCredits: 'Noch gibt es keine Einträge.',
  balanceAfter: (balance) => `Stand: ${balance}`,
  expires: 'Verfällt am',
  types: {
    purchase: 'Gekauft',
    added: 'Gutgeschrieben',
    used: 'Verbraucht',
    refund: 'Zurückgegeben',
    grant: 'Teil des Tarifs',
    expired: 'Verfallen',
  },
};
