import type { Texts } from '../texts.ts';

/** In French. */
export const authorizationDevice: Texts['authorizationDevice'] = {
  title: 'Connecter un appareil',
  enter: 'Saisissez le code que votre appareil affiche.',
  code: 'Code',
  codeHint: 'Huit lettres, par exemple WDJB-MJHT',
  continue: 'Continuer',
  unknown:
    'Aucun appareil n’attend avec ce code : il est mal saisi, déjà utilisé ou trop ancien. L’appareil peut en afficher un nouveau.',
  shows: 'Votre appareil doit afficher ce code :',
  asks: 'sur un appareil souhaite utiliser votre compte chez',
  from: 'La demande vient de :',
  warning:
    'Continuez seulement si vous venez de le demander vous-même et si l’appareil affiche exactement ce code. Si quelqu’un vous a envoyé le code ou le lien, ou vous le lit au téléphone, il veut entrer dans votre compte : annulez.',
  allow: 'Connecter l’appareil',
  deny: 'Annuler',
  allowed: {
    title: 'L’appareil est connecté',
    text: 'Vous pouvez fermer cette page et continuer là-bas. Déconnectez-le à tout moment, sous « Applications » dans votre compte.',
  },
  denied: {
    title: 'L’appareil n’est pas connecté',
    text: 'Il n’obtient rien de votre compte. Vous pouvez fermer cette page.',
  },
  apps: 'Vers vos applications',
};
