import type { Texts } from '../texts.ts';

/** In French. */
export const adminKeys: Texts['adminKeys'] = {
  text: 'Vos services appellent avec ces clés. N’en mettez jamais dans une application ou une page web.',
  create: 'Nouvelle clé',
  createButton: 'Créer la clé',
  name: 'Nom',
  scopes: 'Autorisations',
  scopeNames: {
    'users:read': 'Lire les utilisateurs',
    'usage:write': 'Autoriser et compter l’utilisation',
    'credits:write': 'Modifier les crédits',
    'billing:write': 'Lancer des paiements',
    'metrics:read': 'Lire les métriques',
    'provider-tokens:read': 'Utiliser ce que les utilisateurs ont chez les fournisseurs associés',
    admin: 'Tout, comme un administrateur',
  },
  expires: 'Fin de validité',
  expiresHint: 'Jusqu’à la fin de ce jour en UTC ; si le champ est vide, jusqu’à sa révocation',
  states: { active: 'Active', revoked: 'Révoquée', expired: 'Expirée', suspended: 'Suspendue' },
  unkept:
    'Personne ne répond de cette clé : la personne qui l’a créée n’est plus opérateur. Elle continue de fonctionner.',
  suspendedText:
    'Suspendue : la personne qui l’a créée n’est plus opérateur. Un propriétaire peut la reprendre.',
  takeOver: 'Reprendre',
  created: 'Créée',
  lastUsed: 'Dernière utilisation',
  previousUntil: 'Fin de validité de la clé précédente',
  change: (name) => `Renouveler ou révoquer ${name}`,
  overlap: 'La clé précédente reste valable',
  overlaps: {
    '0': 'Pas du tout : elle a fuité',
    '3600': 'Une heure',
    '86400': 'Un jour',
    '604800': 'Une semaine',
  },
  rotate: 'Renouveler',
  confirm: 'Oui, refuser tous les services qui ont cette clé',
  revoke: 'Révoquer',
  done: {
    revoked: 'La clé est révoquée. Elle est refusée partout d’ici 30 secondes.',
    taken_over: 'Vous répondez maintenant de cette clé.',
  },
};
