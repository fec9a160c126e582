import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In French. */
export const accountOverview: Texts['accountOverview'] = {
  title: 'Vue d’ensemble',
  memberSince: 'Membre depuis le',
  edit: 'Modifier le profil',
  safety: 'Sécurité',
  safetyStates: {
    good: 'Votre compte est bien protégé',
    warn: 'Votre compte peut être mieux protégé',
    bad: 'Votre compte demande votre attention',
  },
  ways: {
    password: 'Mot de passe',
    passkeys: (count) =>
      count === 0
        ? 'Clés d’accès'
        : plural('fr', count, { one: '1 clé d’accès', other: `${count} clés d’accès` }),
    twoStep: 'Validation en deux étapes',
    recovery: (count) =>
      plural('fr', count, {
        one: `Reste ${count} code de récupération`,
        other: `Restent ${count} codes de récupération`,
      }),
    providers: (names) => `Associés : ${names}`,
  },
  off: 'Non configuré',
  next: {
    email: 'Confirmez votre adresse e-mail : elle vous aide à retrouver votre compte.',
    way: 'Ajoutez un autre moyen de connexion : sans le seul que vous avez, personne ne peut ouvrir votre compte.',
    passkey: 'Ajoutez une clé d’accès. Elle ne se devine pas et ne se livre pas à un faux site.',
    twoStep: 'Activez la validation en deux étapes, pour que votre mot de passe seul n’ouvre rien.',
    recovery: 'Générez de nouveaux codes de récupération avant d’utiliser le dernier.',
  },
  go: {
    email: 'La confirmer',
    way: 'En ajouter un',
    passkey: 'Ajouter une clé d’accès',
    twoStep: 'L’activer',
    recovery: 'En générer',
  },
  security: 'Tous les paramètres de sécurité',
  plan: 'Forfait et utilisation',
  until: 'Jusqu’au',
  credits: (count, shown) =>
    plural('fr', count, {
      one: `${shown} crédit`,
      many: `${shown} de crédits`,
      other: `${shown} crédits`,
    }),
  nothing: 'Votre forfait n’a pas de limites à surveiller.',
  usage: 'Toute l’utilisation',
  billing: 'Forfait et paiement',
  devices: 'Appareils',
  lastSignIn: 'Dernière connexion :',
  active: 'Dernière activité :',
  others: (count) => `Autres : ${count}`,
  allDevices: 'Tous les appareils',
  activity: 'Activité',
  organizations: 'Organisations',
  noOrganization: 'Dans une organisation, vous partagez un forfait avec d’autres.',
  allOrganizations: 'Toutes les organisations',
};
