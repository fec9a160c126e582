import type { Texts } from '../texts.ts';

/** In German. */
export const adminPlans: Texts['adminPlans'] = {
  text: 'Was Benutzer nutzen dürfen. Ein Bereich hat die gemeinsamen Tarife, bis Sie einen eigenen speichern.',
  limits: 'Grenzen',
  limitsHint:
    'Eine ganze Zahl oder „unbegrenzt“. Eine Ressource ohne Grenze gehört nicht zum Tarif. Grenzen in Umgebungsvariablen gehen diesen vor.',
  perDay: (resource) => `${resource} am Tag`,
  perMonth: (resource) => `${resource} im Monat`,
  overage: (resource) => `${resource} darüber hinaus`,
  overageHint:
    'Was über eine Grenze hinausgeht, wird abgelehnt, außer es hat einen Preis in Guthaben, „2“ für jedes oder „1 / 1000“ für je angefangene 1000, oder ein Zähler (Meter) von Stripe rechnet es ab: Geben Sie den Namen seiner Ereignisse an.',
  newResource: 'Eine weitere Ressource',
  newResourceHint: 'Ein Name wie images. Ihre Grenzen:',
  name: 'Name',
  tiers: 'Modellstufen',
  tiersHint: 'Mit Leerzeichen dazwischen; * für alle',
  credits: 'Guthaben im Monat',
  rollover: 'Ungenutztes Guthaben, das bleibt',
  rolloverHint: 'Wie viel eines Monats auch im nächsten gilt; 0 für nichts oder „unbegrenzt“',
  features: 'Merkmale',
  featuresHint: 'Namen, die Ihre Apps kennen, mit Leerzeichen dazwischen',
  add: 'Tarif hinzufügen',
  id: 'Kennung',
  idHint: 'a–z, 0–9 und „-“. Sie lässt sich später nicht ändern.',
  addButton: 'Hinzufügen',
};
