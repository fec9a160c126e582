import type { Texts } from '../texts.ts';

/** In French. */
export const entryFailure: Texts['entryFailure'] = {
  failed: {
    title: 'Cela n’a pas fonctionné',
    reference: 'Si vous nous écrivez à ce sujet, indiquez',
    home: 'Vers votre compte',
    overview: 'Vue d’ensemble',
    again: 'Rouvrir la page',
  },
  failures: {
    message_not_found: {
      title: 'Ce message n’existe pas',
      text: 'Les messages sont conservés 30 jours.',
    },
    insufficient_scope: {
      title: 'Votre compte n’y a pas accès',
      text: 'Ces pages sont réservées aux administrateurs. Si vous devez y avoir accès, demandez à un propriétaire.',
    },
    user_not_found: {
      title: 'Cet utilisateur n’existe pas',
      text: 'Il a peut-être été supprimé ou appartient à un autre espace.',
    },
    not_found: {
      title: 'Il n’y a rien ici',
      text: 'L’adresse est peut-être mal saisie, ou la page a été déplacée. Veuillez la vérifier.',
    },
    realm_not_found: {
      title: 'Il n’y a rien ici',
      text: 'L’adresse est peut-être mal saisie. Revenez là d’où vous venez et réessayez.',
    },
    method_not_allowed: {
      title: 'Cette page fonctionne autrement',
      text: 'Elle ne peut pas être ouverte ainsi. Veuillez la rouvrir.',
    },
    invalid_request: {
      title: 'Ceci n’est pas lisible',
      text: 'Les données envoyées sont endommagées. Revenez en arrière et réessayez.',
    },
    validation_failed: {
      title: 'Ceci n’est pas lisible',
      text: 'L’adresse que vous avez suivie est incomplète ou erronée. Revenez là d’où vous venez et réessayez.',
    },
    redirect_not_allowed: {
      title: 'Nous ne pouvons pas vous y renvoyer',
      text: 'La page qui vous a envoyé ici veut vous ramener à une adresse qui n’est pas sur notre liste. Votre compte n’a aucun problème : prévenez les responsables de cette page.',
    },
    origin_not_allowed: {
      title: 'Ce formulaire vient d’ailleurs',
      text: 'Pour votre sécurité, nous n’acceptons que les formulaires de nos propres pages. Ouvrez la page ici et remplissez-le à nouveau.',
    },
    payload_too_large: {
      title: 'C’est trop',
      text: 'Il y a plus de données que nous ne pouvons en accepter. Veuillez raccourcir.',
    },
    unsupported_media_type: {
      title: 'Ceci n’est pas lisible',
      text: 'Le formulaire est arrivé dans un format que nous ne connaissons pas. Ouvrez la page et remplissez-le à nouveau.',
    },
    rate_limited: {
      title: 'Un instant, s’il vous plaît',
      text: 'Trop de requêtes sont venues de votre réseau. Attendez une minute, puis réessayez.',
    },
    service_unavailable: {
      title: 'De retour dans un instant',
      text: 'Un service dont nous avons besoin ne répond pas. Réessayez dans une minute.',
    },
    internal_error: {
      title: 'Une erreur s’est produite',
      text: 'C’est de notre faute, pas de la vôtre. Réessayez ; si cela se reproduit, prévenez-nous.',
    },
  },
};
