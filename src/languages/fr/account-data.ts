import type { Texts } from '../texts.ts';

/** In French. */
export const accountData: Texts['accountData'] = {
  title: 'Vos données',
  export: 'Emporter vos données',
  exportText:
    'Un fichier avec tout ce que nous conservons à votre sujet : profil, préférences, connexions, activité et e-mails que nous vous avons envoyés. Des programmes peuvent le lire (JSON).',
  download: 'Télécharger',
  delete: 'Supprimer votre compte',
  deleteText:
    'Votre profil, votre mot de passe, votre photo, vos connexions et votre activité sont supprimés aussitôt et définitivement ; tous vos appareils sont déconnectés. Personne ne peut revenir en arrière. Nous gardons seulement la trace qu’un compte a existé et la date de sa suppression.',
  confirmation: (email) => `Saisissez ${email} pour confirmer`,
  deleteButton: 'Supprimer mon compte',
  deleted: 'Votre compte a été supprimé',
  deletedText:
    'Tout ce que nous conservions à votre sujet est effacé. Nous vous avons envoyé un dernier e-mail pour le confirmer.',
};
