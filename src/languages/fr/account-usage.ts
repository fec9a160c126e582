import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In French. */
export const accountUsage: Texts['accountUsage'] = {
  title: 'Utilisation',
  plan: 'Votre forfait',
  change: 'Forfait et paiement',
  usedOf: { day: 'aujourd’hui', month: 'ce mois-ci' },
  of: (used, limit) => `${used} sur ${limit}`,
  left: (count) => `Reste : ${count}`,
  unlimited: 'Sans limite',
  notInPlan: 'Pas dans votre forfait',
  resets: 'Remise à zéro :',
  billed: (count) => `${count} au-delà de votre forfait ce mois-ci, sur votre prochaine facture`,
  lastDays: (total) => `${total} au cours des 30 derniers jours`,
  chart: (resource) => `${resource} : les 30 derniers jours`,
  chartText: (total, peak, date) => `${total} au total. Le maximum était de ${peak}, le ${date}.`,
  unused: 'Rien au cours des 30 derniers jours.',
  numbers: 'Jour par jour',
  numbersOf: (resource) => `${resource}, jour par jour`,
  quantity: 'Utilisation',
  late: 'Les toutes dernières secondes peuvent manquer dans les graphiques.',
  models: 'Modèles',
  modelsText: 'Jetons utilisés par des modèles au cours des 30 derniers jours.',
  noModels: 'Aucun modèle n’a été utilisé au cours des 30 derniers jours.',
  tokens: (count, shown) =>
    plural('fr', count, {
      one: `${shown} jeton`,
      many: `${shown} de jetons`,
      other: `${shown} jetons`,
    }),
  tokenParts: (input, output, requests) => `entrée : ${input} · sortie : ${output} · requêtes : ${requests}`,
  credits: 'Crédits',
  noCredits: 'Aucun crédit ajouté ni utilisé pour l’instant.',
  balanceAfter: (balance) => `Solde : ${balance}`,
  expires: 'Expiration le',
  types: {
    purchase: 'Achat',
    added: 'Ajout',
    used: 'Utilisation',
    refund: 'Restitution',
    grant: 'Inclus dans le forfait',
    expired: 'Expiration',
  },
};
