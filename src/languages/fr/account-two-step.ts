import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In French. */
export const accountTwoStep: Texts['accountTwoStep'] = {
  title: 'Validation en deux étapes',
  text: 'Avec une application d’authentification ou une clé d’accès, votre mot de passe seul ne suffit à personne pour se connecter.',
  required:
    'Une seconde étape est exigée de vous ici. Configurez-en une : d’ici là, vous ne pouvez rien faire d’autre.',
  prove: 'Vous en avez une, mais ne l’avez pas utilisée dans cette session. Reconnectez-vous.',
  signInAgain: 'Se reconnecter',
  from: (date) => `À partir du ${date}, une seconde étape est exigée de vous.`,
  notAllowed: 'Les applications d’authentification ne sont pas utilisées ici.',
  apps: 'Applications d’authentification et clés d’accès',
  none: 'Il n’y en a pas encore.',
  kinds: { totp: 'Application d’authentification', passkey: 'Clé d’accès' },
  added: 'Ajoutée le',
  remove: 'Supprimer',
  removeNamed: (name) => `Supprimer ${name}`,
  passkeys: 'Les clés d’accès se gèrent sous Sécurité.',
  name: 'Nom',
  nameHint: 'Pour la reconnaître : quel téléphone ou quelle application.',
  add: 'Ajouter une application d’authentification',
  recovery: 'Codes de récupération',
  left: (count) =>
    count === 0
      ? 'Vous n’avez pas de codes de récupération. Générez-en, pour le jour où vous ne pourrez pas utiliser votre application ou votre clé d’accès.'
      : plural('fr', count, {
          one: 'Il reste un code de récupération. Il sert une fois, quand vous ne pouvez pas utiliser votre application ou votre clé d’accès.',
          other: `Il reste ${count} codes de récupération. Chacun sert une fois, quand vous ne pouvez pas utiliser votre application ou votre clé d’accès.`,
        }),
  renew: 'Générer dix nouveaux codes de récupération',
  stepTitle: 'Ajouter une application d’authentification',
  scan: 'Scannez cette image avec l’application, ou saisissez-y la clé ci-dessous. Saisissez ensuite le code que l’application affiche.',
  key: 'Clé',
  open: 'Ouvrir dans une application sur cet appareil',
  code: 'Code de l’application',
  confirm: 'Confirmer',
  back: 'Retour',
  codesTitle: 'Conservez ces codes de récupération',
  codesText:
    'Chacun vous connecte une fois à la place de votre application ou de votre clé d’accès. Ils ne sont affichés que maintenant : gardez-les là où vous seul y avez accès, sur papier ou dans un gestionnaire de mots de passe.',
  download: 'Télécharger en fichier texte',
  copy: 'Pour les copier, cliquez sur la liste : elle est sélectionnée en entier. Pour les imprimer, imprimez cette page.',
  kept: 'Je les ai conservés',
  keptOnward: 'Je les ai conservés : continuer',
  onward: 'Continuer là où vous étiez',
  done: {
    app_added: 'La connexion demande désormais un code de cette application.',
    app_removed: 'L’application d’authentification n’est plus demandée.',
  },
};
