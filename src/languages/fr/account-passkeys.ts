import type { Texts } from '../texts.ts';

/** In French. */
export const accountPasskeys: Texts['accountPasskeys'] = {
  title: 'Clés d’accès',
  text: 'Connectez-vous avec votre empreinte digitale, votre visage ou le code de votre appareil. Une clé d’accès ne se devine pas et ne fonctionne sur aucun autre site.',
  add: 'Ajouter une clé d’accès',
  synced: 'sur plusieurs appareils',
  added: 'Ajoutée le',
  name: 'Nom',
  rename: 'Renommer',
  renameNamed: (name) => `Renommer la clé d’accès ${name}`,
  remove: 'Supprimer',
  removeNamed: (name) => `Supprimer la clé d’accès ${name}`,
  stepTitle: 'Ajouter une clé d’accès',
  stepText: 'Votre navigateur vous demandera où garder la clé d’accès et s’assurera que c’est bien vous.',
  nameHint: 'Pour la reconnaître. Sans nom, elle porte celui de ce qui la garde.',
  go: 'Continuer',
  failed:
    'Aucune clé d’accès n’a été créée : cet appareil en a peut-être déjà une pour ce compte. Réessayez ou choisissez un autre appareil.',
  unasked:
    'Votre navigateur l’a créée lors de votre connexion. Elle vous connecte, mais ne sert pas de seconde étape.',
  confirm: 'Utiliser comme seconde étape',
  confirmNamed: (name) => `Utiliser comme seconde étape : ${name}`,
  confirmTitle: 'Utiliser une clé d’accès comme seconde étape',
  confirmText:
    'Utilisez-la une fois maintenant, pour que nous voyions qu’elle vérifie que c’est vous. Elle sera ensuite demandée après votre mot de passe.',
  confirmFailed: 'Aucune clé d’accès n’a été utilisée. Veuillez réessayer.',
  passwordFirst: 'Pour l’utiliser comme seconde étape, connectez-vous d’abord avec votre mot de passe.',
  noScript: 'Votre navigateur n’a pas de clés d’accès, ou les scripts sont désactivés. Utilisez-en un autre.',
  back: 'Retour',
};
