import type { Texts } from '../texts.ts';

/** In French. */
export const adminResources: Texts['adminResources'] = {
  text: 'Les API et serveurs MCP pour lesquels les applications obtiennent des jetons. L’API propose d’autres réglages.',
  create: 'Nouvelle ressource',
  createButton: 'Ajouter',
  name: 'Nom, tel que les utilisateurs le voient',
  resource: 'Adresse',
  resourceHint:
    'Comme la nomment les applications et les jetons, par exemple https://mcp.example.com/mcp ; elle ne peut pas être modifiée ensuite',
  scopes: 'Étendues que les applications peuvent demander',
  scopesHint: 'Séparées par des espaces, comme images:read images:write',
  open: 'Toute application peut la demander, même si elle s’est inscrite elle-même',
  openBadge: 'Ouverte',
  metadata: 'Métadonnées (RFC 9728)',
  created: 'Ajoutée',
  change: (name) => `Modifier ou retirer ${name}`,
  save: 'Enregistrer',
  seconds: 'Durée de vie de ses jetons, en secondes',
  secondsHint: 'Vide pour la durée de l’application ou de l’espace',
  confirm: 'Oui, aucune application n’obtient plus de jeton pour elle',
  delete: 'Retirer',
  done: {
    created: 'La ressource a été ajoutée.',
    changed: 'La ressource a été modifiée, partout d’ici 30 secondes.',
    deleted: 'La ressource a été retirée. Aucun jeton n’est plus créé pour elle, partout d’ici 30 secondes.',
  },
};
