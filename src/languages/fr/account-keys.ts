import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In French. */
export const accountKeys: Texts['accountKeys'] = {
  title: 'Clés API',
  text: 'Avec une clé, un programme utilise le service comme vous, à vos frais. Donnez à chaque programme sa propre clé et n’en mettez jamais dans une page web.',
  sharedText:
    'Avec une clé, un programme utilise le service aux frais de l’organisation. Une clé reste valable quand la personne qui l’a créée s’en va.',
  none: 'Il n’y a pas encore de clé.',
  create: 'Nouvelle clé',
  createButton: 'Créer la clé',
  name: 'Nom',
  nameHint: 'Ce à quoi elle sert',
  expires: 'Valable jusqu’au',
  expiresHint: 'Jusqu’à la fin de ce jour en UTC ; si le champ est vide, jusqu’à ce que vous la révoquiez',
  scopes: 'Autorisations',
  scopesHint:
    'Comme les nomme la documentation du service, séparées par des espaces ; aucune si le champ est vide',
  credits: 'Crédits par mois, au maximum',
  creditsHint: 'Si le champ est vide, autant qu’il y en a',
  rate: 'Requêtes par minute, au maximum',
  rateHint: 'Si le champ est vide, sans limite',
  may: 'Autorisations',
  created: 'Créée le',
  lastUsed: 'Dernière utilisation :',
  expired: 'Expirée',
  used: 'Utilisation ce mois-ci',
  creditsUsed: (count, shown) =>
    plural('fr', count, {
      one: `${shown} crédit`,
      many: `${shown} de crédits`,
      other: `${shown} crédits`,
    }),
  revoke: 'Révoquer',
  revokeNamed: (name) => `Révoquer ${name}`,
  revokeTitle: (name) => `Révoquer ${name} ?`,
  revokeText: 'Les programmes qui ont cette clé sont refusés aussitôt. Cette action est irréversible.',
  done: { key_revoked: 'La clé est révoquée.' },
};
