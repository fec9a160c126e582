import type { Texts } from '../texts.ts';

/** In French. */
export const accountDevices: Texts['accountDevices'] = {
  title: 'Appareils',
  text: 'Ces appareils sont connectés à votre compte. Si vous n’en reconnaissez pas un, déconnectez-le et changez votre mot de passe.',
  current: 'Cet appareil',
  lastSeen: 'Dernière utilisation :',
  signedIn: 'Connexion :',
  end: 'Déconnecter',
  endNamed: (device) => `Déconnecter ${device}`,
  others: 'Déconnecter tous les autres appareils',
  othersTitle: 'Déconnecter tous les autres appareils ?',
  othersText: 'Vous restez connecté ici. Sur les autres, il faudra vous reconnecter.',
  othersGo: 'Déconnecter les autres',
  none: 'Vous n’êtes connecté nulle part ailleurs.',
  done: {
    session_ended: 'L’appareil est déconnecté.',
    others_ended: 'Tous vos autres appareils sont déconnectés.',
  },
};
