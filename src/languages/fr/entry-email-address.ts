import type { Texts } from '../texts.ts';

/** In French. */
export const entryEmailAddress: Texts['entryEmailAddress'] = {
  verify: {
    title: 'Confirmez votre adresse e-mail',
    made: {
      text: 'Ce compte a été créé avec votre adresse e-mail. Est-ce le vôtre ?',
      refusal:
        'Tout ce qui ouvre le compte cesse maintenant de fonctionner, et vous choisissez votre propre mot de passe.',
    },
    asked: {
      text: 'Ce compte doit recevoir votre adresse e-mail. Est-ce le vôtre ?',
      refusal: 'Le compte ne reçoit pas votre adresse.',
    },
    mine: 'C’est mon compte',
    notMine: 'Je n’en suis pas à l’origine',
    refused: 'Le compte ne reçoit pas votre adresse.',
    doneTitle: 'Merci',
    alreadyTitle: 'Déjà confirmée',
    done: 'Votre adresse e-mail est confirmée.',
    account: 'Vers votre compte',
    signIn: 'Se connecter',
    again: 'Demander un nouveau lien',
    askText: 'Indiquez l’adresse de votre compte, et nous vous envoyons un nouveau lien.',
    ask: 'Envoyer le lien',
    sent: 'S’il existe un compte non confirmé avec cette adresse, un lien est en route.',
  },
  undo: {
    title: 'Retrouver votre adresse',
    text: 'Votre compte revient à cette adresse, tous les appareils sont déconnectés et le mot de passe cesse de fonctionner. Nous vous envoyons un lien pour en choisir un nouveau.',
    button: 'Annuler la modification',
    doneTitle: 'La modification a été annulée',
    done: 'Votre compte a de nouveau cette adresse. Consultez vos e-mails : un lien vous permet de choisir un nouveau mot de passe.',
  },
};
