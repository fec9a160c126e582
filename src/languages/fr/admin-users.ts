import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

const users = (count: number, shown: string) =>
  plural('fr', count, {
    one: `${shown} utilisateur`,
    many: `${shown} d’utilisateurs`,
    other: `${shown} utilisateurs`,
  });
const usersIn = (count: number) => users(count, String(count));

/** In French. */
export const adminUsers: Texts['adminUsers'] = {
  copyId: 'Copier l’identifiant',
  saved: 'Enregistrés',
  savedName: 'Nom de ce filtre',
  save: 'Enregistrer',
  remove: 'Supprimer',
  q: 'Rechercher',
  qHint: 'E-mail, nom, nom d’utilisateur, téléphone ou identifiant',
  filters: 'Plus de filtres',
  any: 'Indifférent',
  yes: 'Oui',
  no: 'Non',
  status: 'Statut',
  role: 'Rôle',
  plan: 'Forfait',
  verified: 'Adresse vérifiée',
  anonymous: 'Anonyme',
  createdAfter: 'Inscrit le ou après le',
  createdBefore: 'Inscrit avant le',
  search: 'Rechercher',
  all: 'Tout afficher',
  new: 'Nouvel utilisateur',
  found: (total, shown, isExact) =>
    total === 0 ? 'Aucun utilisateur trouvé' : `${users(total, shown)}${isExact ? '' : ' ou plus'}`,
  paging: 'Pages de la liste',
  first: 'Première page',
  next: 'Page suivante',
  chooseNamed: (email) => `Sélectionner ${email}`,
  columns: {
    email: 'Adresse e-mail',
    name: 'Nom',
    username: 'Nom d’utilisateur',
    status: 'Statut',
    role: 'Rôle',
    plan: 'Forfait',
    email_verified: 'Vérifiée',
    created_at: 'Inscription',
    last_login_at: 'Dernière connexion',
  },
  bulk: {
    page: 'Tout sélectionner sur cette page',
    chosen: 'Sélection : #',
    result: (count) => `Tous les résultats (${count})`,
    progress: (done, count) => `Traités : ${done} sur ${count}`,
    act: 'Action',
    acts: {
      suspend: 'Suspendre',
      reactivate: 'Réactiver',
      verify: 'Marquer l’adresse comme vérifiée',
      reset: 'Imposer un nouveau mot de passe',
    },
    button: 'Continuer',
    confirm: {
      suspend: (count) => `Suspendre ${usersIn(count)} ?`,
      reactivate: (count) => `Réactiver ${usersIn(count)} ?`,
      verify: (count) =>
        plural('fr', count, {
          one: 'Marquer l’adresse d’un utilisateur comme vérifiée ?',
          other: `Marquer les adresses de ${usersIn(count)} comme vérifiées ?`,
        }),
      reset: (count) => `Imposer un nouveau mot de passe à ${usersIn(count)} ?`,
    },
    confirmed: {
      suspend: (count) => `Suspendre ${usersIn(count)}`,
      reactivate: (count) => `Réactiver ${usersIn(count)}`,
      verify: (count) =>
        plural('fr', count, { one: 'Vérifier l’adresse', other: `Vérifier ${count} adresses` }),
      reset: (count) => `Écrire à ${usersIn(count)}`,
    },
    effects: {
      suspend: 'Ils sont déconnectés partout et ne peuvent pas se connecter avant d’être réactivés.',
      reactivate: 'Ils peuvent de nouveau se connecter.',
      verify: 'Ils peuvent alors faire ce qui exige une adresse vérifiée.',
      reset:
        'Ils sont déconnectés partout. Chacun reçoit par e-mail un lien pour définir un nouveau mot de passe.',
    },
    more: (count) => plural('fr', count, { one: `et ${count} autre`, other: `et ${count} autres` }),
    cancel: 'Annuler',
  },
  partly: (changed, failed) => `Modifiés : ${changed}. Non modifiés : ${failed}.`,
  done: {
    suspend: (count) => `Suspendus : ${count}.`,
    reactivate: (count) => `Réactivés : ${count}.`,
    verify: (count) => `Adresses marquées comme vérifiées : ${count}.`,
    reset: (count) => `Liens pour un nouveau mot de passe envoyés : ${count}.`,
    deleted: () => 'L’utilisateur a été supprimé.',
  },
};
