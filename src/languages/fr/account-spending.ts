import type { Texts } from '../texts.ts';

/** In French. */
export const accountSpending: Texts['accountSpending'] = {
  title: 'Plafonds de dépenses',
  own: 'Ce qui peut être dépensé, par jour et par mois (UTC). Ce qui dépasse est refusé.',
  none: 'Rien n’est plafonné pour le moment.',
  change: 'Définir des plafonds',
  usedOf: {
    day: (used, most) => `${used} sur ${most} aujourd’hui`,
    month: (used, most) => `${used} sur ${most} ce mois-ci`,
  },
  shared: 'Ce que tous les membres ensemble peuvent dépenser, par jour et par mois (UTC).',
  operator:
    'Ce qui peut être dépensé, par jour et par mois (UTC). Personne ne dépasse ce que vous fixez ici ; entre vos plafonds et les leurs, le plus bas s’applique.',
  ofEverybody: 'Plafonds de chaque membre',
  ofEverybodyText: 'Ce que chaque membre sans plafonds propres peut utiliser, par jour et par mois (UTC).',
  ofMember: (name) => `Plafonds de ${name}`,
  ofMemberText: 'Ce que ce membre peut utiliser de ce que tous partagent, par jour et par mois (UTC).',
  emptyIsEverybody:
    'Une ligne remplie remplace les plafonds de chaque membre. Si ses deux champs sont vides, ceux-ci s’appliquent.',
  everybodyMost: (most) => `chaque membre : au maximum ${most}`,
  credits: 'Crédits',
  day: (name) => `${name} par jour`,
  month: (name) => `${name} par mois`,
  spent: (used) => `déjà dépensé : ${used}`,
  operatorMost: (most) => `au maximum ${most} : un opérateur l’a fixé`,
  ownMost: (most) => `le sien : au maximum ${most}`,
  save: 'Enregistrer les plafonds',
  emptyIsNone: 'Un champ vide signifie aucun plafond.',
  sources: {
    plan: 'Du forfait',
    gift: 'Offerts',
    pack: 'Achetés',
  },
  sourcesTitle: 'D’où viennent les crédits',
  order:
    'Ce qui expire en premier est dépensé en premier, puis les crédits du forfait, puis ceux qui ont été offerts.',
  expiring: (amount) => `${amount} à utiliser avant le`,
  reserved: (amount) => `Dont réservés : ${amount}.`,
  from: 'De',
};
