import type { Texts } from '../texts.ts';

/** In French. */
export const adminPlans: Texts['adminPlans'] = {
  text: 'Les forfaits limitent ce que les utilisateurs peuvent utiliser. Un espace a les forfaits communs tant que vous n’en enregistrez pas qui lui soient propres.',
  limits: 'Limites',
  limitsHint:
    'Un nombre entier ou « sans limite ». Une ressource sans aucune limite ne fait pas partie du forfait. Les limites des variables d’environnement priment sur celles-ci.',
  perDay: (resource) => `${resource} par jour`,
  perMonth: (resource) => `${resource} par mois`,
  overage: (resource) => `${resource} au-delà`,
  overageHint:
    'Ce qui dépasse une limite est refusé, sauf si un prix en crédits est fixé, « 2 » par unité ou « 1 / 1000 » pour chaque millier entamé, ou si un compteur (meter) de Stripe le facture : indiquez le nom de ses événements.',
  newResource: 'Une autre ressource',
  newResourceHint: 'Un nom, par exemple images. Ses limites :',
  name: 'Nom',
  tiers: 'Niveaux de modèles',
  tiersHint: 'Séparés par des espaces ; * pour tous',
  credits: 'Crédits par mois',
  rollover: 'Crédits non utilisés et reportés',
  rolloverHint:
    'Combien de crédits d’un mois peuvent être dépensés le mois suivant ; 0 pour aucun, ou « sans limite »',
  features: 'Fonctionnalités',
  featuresHint: 'Noms que vos applications connaissent, séparés par des espaces',
  add: 'Ajouter un forfait',
  id: 'Identifiant',
  idHint: 'a–z, 0–9 et « - ». Il ne peut pas être modifié ensuite.',
  addButton: 'Ajouter',
};
