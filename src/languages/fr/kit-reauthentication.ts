import type { Texts } from '../texts.ts';

/** In French. */
export const kitReauthentication: Texts['kitReauthentication'] = {
  title: 'Confirmez que c’est bien vous',
  text: 'Vous seul devez pouvoir faire cette modification. Ce que vous avez saisi est conservé et sera envoyé après votre confirmation.',
  confirm: 'Confirmer et continuer',
  sendCode: (to) => `Envoyer un code à ${to}`,
  sendAnother: (to) => `Envoyer un autre code à ${to}`,
  codeSent: (to) => `Nous avons envoyé un code à ${to}. Il est valable dix minutes.`,
  code: 'Code',
  byProvider: (name) => `Confirmer avec ${name}`,
  app: 'Code de votre application d’authentification',
  recovery: 'Code de récupération',
  byRecovery: 'Utiliser un code de récupération',
  byPasskey: 'Confirmer avec une clé d’accès',
  passkeyFailed: 'Aucune clé d’accès n’a été utilisée. Réessayez ou choisissez un autre moyen.',
  none: 'Rien ne nous permet de vérifier que c’est vous. Veuillez vous reconnecter.',
  signIn: 'Se reconnecter',
  back: 'Retour, sans la modification',
  sendAgain: 'Vérifiez ce que vous avez saisi et renvoyez-le.',
};
