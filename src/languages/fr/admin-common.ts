import type { Texts } from '../texts.ts';

/** In French. */
export const adminCommon: Texts['adminCommon'] = {
  menu: 'Administration',
  account: 'Votre compte',
  pages: {
    overview: 'Vue d’ensemble',
    users: 'Utilisateurs',
    organizations: 'Organisations',
    activity: 'Activité',
    mail: 'E-mails',
    billing: 'Facturation',
    plans: 'Forfaits',
    realms: 'Espaces',
    keys: 'Clés',
    clients: 'Applications',
    resources: 'Ressources',
    webhooks: 'Webhooks',
  },
  roles: { user: 'Utilisateur', admin: 'Administrateur', owner: 'Propriétaire' },
  statuses: { active: 'Actif', suspended: 'Suspendu' },
  all: 'Tous',
  when: 'Quand',
  user: 'Utilisateur',
  status: 'Statut',
  attempts: 'Tentatives',
  back: 'Retour à la liste',
  reason: 'Motif (pour le journal d’audit)',
  saved: 'Enregistré. C’est en vigueur partout d’ici 30 secondes.',
  unlimited: 'sans limite',
  resource: 'Ressource',
  periods: { day: 'Par jour', month: 'Par mois' },
};
