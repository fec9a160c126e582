import type { Catalogue } from '../../messages/templates/catalogue.ts';
import type { AccountChange } from '../../messages/templates/mail-data.ts';
import { named } from '../named.ts';

const about = (sentence: string) => named(sentence, ' : ');
const changes: Record<AccountChange, (about: string) => string> = {
  phone_number_added: (number) => `Le numéro ${number} permet désormais de se connecter à votre compte`,
  phone_number_removed: (number) => `Le numéro ${number} ne permet plus de se connecter à votre compte`,
  identity_unlinked: (provider) =>
    provider
      ? `Votre compte n’est plus associé à ${provider}`
      : 'Votre compte n’est plus associé à un autre compte',
  passkey_added: about('Une clé d’accès permet désormais de se connecter à votre compte'),
  passkey_confirmed: about('Une clé d’accès est désormais demandée à la connexion'),
  passkey_removed: about('Une clé d’accès a été supprimée de votre compte'),
  totp_added: about('Une application d’authentification est désormais demandée à la connexion'),
  totp_removed: about('Une application d’authentification a été supprimée de votre compte'),
  factors_reset: () =>
    'Vos seconds facteurs et vos clés d’accès ont été supprimés par un administrateur, et vous avez été déconnecté',
  recovery_code_used: (left) =>
    `Un code de récupération a servi à se connecter à votre compte ; il en reste ${left}`,
  api_key_created: about('Une nouvelle clé API a été créée'),
  api_key_rotated: about('Une clé API a un nouveau secret'),
  api_key_revoked: about('Une clé API a été révoquée'),
  api_key_taken_over: about('Vous répondez désormais d’une clé API'),
  own_key_revoked: about('Un administrateur a révoqué une clé API'),
  payment_method_added: (of) =>
    of ? `Un moyen de paiement a été ajouté à ${of}` : 'Un moyen de paiement a été ajouté à votre compte',
  payment_method_removed: (of) =>
    of
      ? `Un moyen de paiement a été supprimé de ${of}`
      : 'Un moyen de paiement a été supprimé de votre compte',
  payment_method_changed: (of) =>
    of
      ? `Un autre moyen de paiement est désormais utilisé pour ${of}`
      : 'Un autre de vos moyens de paiement est désormais utilisé',
};

/** What mails say in French. */
export const mail: Catalogue = {
  greeting: (name) => (name ? `Bonjour ${name},` : 'Bonjour,'),
  facts: { at: 'Quand', place: 'Où', requestedFrom: 'Demandé depuis', device: 'Appareil' },
  label: (name) => `${name} : `,
  buttonFails: 'Si le bouton ne fonctionne pas, ouvrez cette adresse dans votre navigateur :',
  footer: (brand, host) =>
    `Envoyé par ${brand} (${host}), car cette adresse appartient à un compte ou a été indiquée pour un compte.`,
  letters: {
    welcome_by_provider: ({ provider }, { brand }) => ({
      subject: `Bienvenue chez ${brand}`,
      preview: `Vous vous connectez avec ${provider}. Vous n’avez rien d’autre à faire.`,
      title: `Bienvenue chez ${brand}`,
      opening: [
        `Merci de votre inscription. Vous vous connectez avec votre compte ${provider}, qui a confirmé cette adresse e-mail. ` +
          'Vous n’avez rien d’autre à faire.',
      ],
      advice: [
        'Dans votre compte, vous pouvez aussi définir un mot de passe, pour avoir un second moyen de vous connecter.',
      ],
      button: 'Ouvrir mon compte',
      closing: [
        'Si vous ne vous êtes pas inscrit, quelqu’un d’autre utilise peut-être votre compte là-bas : vérifiez-le.',
      ],
    }),
    welcome: ({ hours }, { brand, ...say }) => ({
      subject: `Bienvenue chez ${brand} : confirmez votre adresse e-mail`,
      preview: `Il ne reste qu’une chose à faire. Le lien est valable ${say.hours(hours)}.`,
      title: `Bienvenue chez ${brand}`,
      opening: [
        'Merci de votre inscription. Il ne reste qu’une chose à faire : confirmez que cette adresse e-mail est la vôtre. ' +
          'C’est elle qui vous permettra de retrouver votre compte si vous oubliez un jour votre mot de passe.',
      ],
      advice: [],
      button: 'Confirmer l’adresse e-mail',
      closing: [
        `Le lien est valable ${say.hours(hours)} et sert une seule fois.`,
        'Si vous ne vous êtes pas inscrit, vous pouvez ignorer ce message : quelqu’un s’est sans doute trompé d’adresse.',
      ],
    }),
    verify_email: ({ hours }, { brand, ...say }) => ({
      subject: `Confirmez votre adresse e-mail pour ${brand}`,
      preview: `Le lien est valable ${say.hours(hours)}.`,
      title: 'Confirmez votre adresse e-mail',
      opening: [`Confirmez que cette adresse e-mail est la vôtre et correspond à votre compte ${brand}.`],
      advice: [],
      button: 'Confirmer l’adresse e-mail',
      closing: [
        `Le lien est valable ${say.hours(hours)} et sert une seule fois.`,
        'Si vous ne l’avez pas demandé, vous pouvez ignorer ce message : l’adresse restera alors non confirmée.',
      ],
    }),
    invitation: ({ hours }, { brand, ...say }) => ({
      subject: `Votre compte ${brand}`,
      preview: `Choisissez un mot de passe. Le lien est valable ${say.hours(hours)}.`,
      title: `Vous avez un compte chez ${brand}`,
      opening: [
        `Un compte a été créé pour vous chez ${brand}. Choisissez un mot de passe, et vous pourrez vous connecter.`,
      ],
      advice: [],
      button: 'Choisir un mot de passe',
      closing: [
        `Le lien est valable ${say.hours(hours)} et sert une seule fois.`,
        'Si vous ne savez pas de quoi il s’agit, vous pouvez ignorer ce message.',
      ],
    }),
    organization_invitation: ({ inviter, organization, days }, { brand, ...say }) => {
      const to = organization ? `« ${organization} »` : 'une organisation';
      const invited = inviter ? `${inviter} vous invite` : 'Vous êtes invité';
      return {
        subject: `${invited} à rejoindre ${to} sur ${brand}`,
        preview: `L’invitation est valable ${say.days(days)}.`,
        title: `Rejoindre ${to}`,
        opening: [`${invited} à rejoindre ${to} sur ${brand}.`],
        advice: ['Pour accepter, connectez-vous avec cette adresse e-mail ou créez un compte avec elle.'],
        button: 'Voir l’invitation',
        closing: [
          `L’invitation est valable ${say.days(days)} et sert une seule fois.`,
          'Si vous ne savez pas de quoi il s’agit, vous pouvez ignorer ce message.',
        ],
      };
    },
    reset_password: ({ minutes }, { brand, ...say }) => ({
      subject: `Réinitialisez votre mot de passe ${brand}`,
      preview: `Choisissez-en un nouveau. Le lien est valable ${say.minutes(minutes)}.`,
      title: 'Réinitialisez votre mot de passe',
      opening: [
        `Quelqu’un, sans doute vous, a demandé à réinitialiser le mot de passe de votre compte ${brand}.`,
      ],
      advice: [],
      button: 'Choisir un nouveau mot de passe',
      closing: [
        `Le lien est valable ${say.minutes(minutes)} et sert une seule fois.`,
        'Si ce n’était pas vous, vous pouvez ignorer ce message : votre mot de passe reste le même.',
      ],
    }),
    password_changed: (_, { brand }) => ({
      subject: `Votre mot de passe ${brand} a été modifié`,
      preview: 'Si c’était vous, vous n’avez rien à faire.',
      title: 'Votre mot de passe a été modifié',
      opening: [`Le mot de passe de votre compte ${brand} a été modifié.`],
      advice: [
        'Si c’était vous, vous n’avez rien à faire. Sinon, réinitialisez le mot de passe maintenant : cela déconnecte ' +
          'aussi tous les appareils.',
      ],
      button: 'Réinitialiser le mot de passe',
      closing: [],
    }),
    password_breached: (_, { brand }) => ({
      subject: `Modifiez votre mot de passe ${brand}`,
      preview: 'Il est connu à la suite d’une fuite de données d’un autre service.',
      title: 'Modifiez votre mot de passe',
      opening: [
        `Le mot de passe de votre compte ${brand} figure sur une liste de mots de passe publiés à la suite de fuites de ` +
          'données d’autres services. Quiconque a cette liste peut l’essayer ici.',
      ],
      advice: [
        'Choisissez un nouveau mot de passe que vous n’utilisez nulle part ailleurs, et changez l’ancien partout où vous ' +
          'l’utilisez encore.',
      ],
      button: 'Modifier le mot de passe',
      closing: [],
    }),
    confirm_new_email: ({ hours }, { brand, ...say }) => ({
      subject: `Confirmez votre nouvelle adresse e-mail pour ${brand}`,
      preview: `D’ici là, l’ancienne adresse reste utilisée. Le lien est valable ${say.hours(hours)}.`,
      title: 'Confirmez votre nouvelle adresse',
      opening: [
        `Vous avez demandé à utiliser cette adresse e-mail pour votre compte ${brand}. Dès que vous la confirmez, elle ` +
          'remplace l’ancienne ; d’ici là, rien ne change.',
      ],
      advice: [],
      button: 'Confirmer la nouvelle adresse',
      closing: [
        `Le lien est valable ${say.hours(hours)} et sert une seule fois.`,
        'Si vous ne l’avez pas demandé, vous pouvez ignorer ce message : l’adresse ne sera pas utilisée.',
      ],
    }),
    email_changed: ({ email_masked, hours }, { brand, ...say }) => ({
      subject: `L’adresse e-mail de votre compte ${brand} a été modifiée`,
      preview: `Si ce n’était pas vous, vous avez ${say.hours(hours)} pour revenir en arrière.`,
      title: 'Votre adresse e-mail a été modifiée',
      opening: [`Votre compte ${brand} utilise désormais l’adresse ${email_masked} au lieu de celle-ci.`],
      advice: [
        'Si c’était vous, vous n’avez rien à faire. Sinon, annulez la modification : votre compte reviendra alors à ' +
          'cette adresse.',
      ],
      button: 'Annuler la modification',
      closing: [`Le lien est valable ${say.hours(hours)} et sert une seule fois.`],
    }),
    new_device: (_, { brand }) => ({
      subject: `Nouvelle connexion à votre compte ${brand}`,
      preview: 'Si c’était vous, vous n’avez rien à faire.',
      title: 'Une connexion depuis un nouvel appareil',
      opening: [
        `Quelqu’un s’est connecté à votre compte ${brand} depuis un appareil qui n’y avait jamais été utilisé.`,
      ],
      advice: [
        'Si c’était vous, vous n’avez rien à faire. Sinon, déconnectez cet appareil et changez votre mot de passe.',
      ],
      button: 'Sécuriser mon compte',
      closing: [],
    }),
    identity_linked: ({ provider }, { brand }) => ({
      subject: `${provider} permet désormais de se connecter à votre compte ${brand}`,
      preview: 'Si c’était vous, vous n’avez rien à faire.',
      title: `Votre compte est associé à ${provider}`,
      opening: [`Désormais, un compte ${provider} permet aussi de se connecter à votre compte ${brand}.`],
      advice: [
        'Si c’était vous, vous n’avez rien à faire. Sinon, définissez un nouveau mot de passe et dissociez ce compte.',
      ],
      button: 'Sécuriser mon compte',
      closing: [],
    }),
    account_changed: ({ change, about, organization }, { brand }) => {
      const what = changes[change](about ?? '');
      const isRevoked = change === 'own_key_revoked';
      return {
        subject: `${what} (${organization ? `${organization}, ${brand}` : brand})`,
        preview: isRevoked
          ? 'Les programmes qui ont cette clé sont refusés.'
          : 'Si c’était vous, vous n’avez rien à faire.',
        title: what,
        opening: [
          `C’est ce qui s’est passé dans ${organization ? `${organization} chez ${brand}` : `votre compte ${brand}`}.`,
        ],
        advice: [
          isRevoked
            ? 'Les programmes qui ont cette clé sont désormais refusés. S’ils sont encore nécessaires, créez une autre clé pour eux.'
            : 'Si c’était vous, vous n’avez rien à faire. Sinon, changez votre mot de passe, déconnectez tous les appareils et ' +
              'regardez ce qui ouvre encore votre compte.',
        ],
        button: isRevoked ? 'Consulter les clés API' : 'Consulter mon compte',
        closing: [],
      };
    },
    account_deleted: (_, { brand }) => ({
      subject: `Votre compte ${brand} a été supprimé`,
      preview: 'Tous les appareils ont été déconnectés. C’est le dernier message à ce sujet.',
      title: 'Votre compte a été supprimé',
      opening: [
        `Votre compte ${brand} a été supprimé, et tous les appareils ont été déconnectés.`,
        'Vous n’avez plus rien à faire. C’est le dernier message à propos de ce compte.',
      ],
      advice: [],
      closing: [`Si vous ne le vouliez pas, contactez ${brand} dès que possible.`],
    }),
    account_exists: (_, { brand }) => ({
      subject: `Vous avez déjà un compte ${brand}`,
      preview: 'Quelqu’un a essayé de s’inscrire avec votre adresse e-mail.',
      title: 'Vous avez déjà un compte',
      opening: [
        `Quelqu’un, sans doute vous, a essayé de s’inscrire chez ${brand} avec cette adresse e-mail. Elle a déjà un ` +
          'compte : aucun autre n’a donc été créé.',
      ],
      advice: [
        'Vous pouvez vous connecter comme d’habitude. Si vous ne connaissez plus votre mot de passe, choisissez-en un nouveau.',
      ],
      button: 'Choisir un nouveau mot de passe',
      closing: [
        'Si ce n’était pas vous, vous pouvez ignorer ce message : rien n’a changé dans votre compte.',
      ],
    }),
    quota_warning: ({ organization, resource, percent, resets_at }, { brand, ...say }) => {
      const usedUp = percent >= 100;
      const whose = organization ? `${organization} chez ${brand}` : `votre compte ${brand}`;
      const quota = `${brand} : ${organization ? `quota de ${organization}` : 'votre quota'}`;
      return {
        subject: usedUp
          ? `${quota} épuisé (${resource})`
          : `${quota} utilisé à ${say.percent(percent)} (${resource})`,
        preview: `Il repart à zéro le ${say.time(resets_at)}.`,
        title: usedUp ? 'Le quota est épuisé' : `Le quota est utilisé à ${say.percent(percent)}`,
        opening: [
          usedUp
            ? `Le quota de ${whose} est épuisé : ${resource}.`
            : `Le quota de ${whose} est utilisé à ${say.percent(percent)} : ${resource}.`,
          `Le quota repart à zéro le ${say.time(resets_at)}.${
            usedUp
              ? ' D’ici là, tout ce qui le dépasse est refusé ou coûte des crédits si le forfait le prévoit.'
              : ''
          }`,
        ],
        advice: [],
        closing: [],
      };
    },
    cap_warning: ({ organization, resource, percent, resets_at, is_own, api_key }, { brand, ...say }) => {
      const reached = percent >= 100;
      const what = resource ?? 'crédits';
      const ofAll =
        organization && !is_own ? `le plafond de dépenses de ${organization}` : 'votre plafond de dépenses';
      const ofKey = api_key?.name ? `de la clé API « ${api_key.name} »` : 'd’une clé API';
      const whose = api_key ? `le plafond de dépenses ${ofKey}` : ofAll;
      const where = organization && (is_own || api_key) ? ` dans ${organization}` : '';
      return {
        subject: reached
          ? `${brand} : ${whose}${where} est atteint (${what})`
          : `${brand} : ${whose}${where} est utilisé à ${say.percent(percent)} (${what})`,
        preview: `Il repart à zéro le ${say.time(resets_at)}.`,
        title: reached
          ? 'Un plafond de dépenses est atteint'
          : `Un plafond de dépenses est utilisé à ${say.percent(percent)}`,
        opening: [
          reached
            ? `Chez ${brand}, ${whose}${where} est atteint : ${what}.`
            : `Chez ${brand}, ${whose}${where} est utilisé à ${say.percent(percent)} : ${what}.`,
          `Il repart à zéro le ${say.time(resets_at)}.${reached ? ' D’ici là, tout ce qui le dépasse est refusé.' : ''}`,
        ],
        advice: [],
        closing: [],
      };
    },
    one_time_code: ({ code, minutes }, { brand, ...say }) => ({
      subject: `Votre code pour ${brand}`,
      preview: `${code} est valable ${say.minutes(minutes)}.`,
      title: 'Votre code',
      opening: [`Saisissez ce code chez ${brand} pour continuer :`],
      advice: [],
      closing: [
        `Le code est valable ${say.minutes(minutes)} et sert une seule fois. Gardez-le pour vous : personne de chez ${brand} ` +
          'ne vous le demandera jamais.',
        'Si vous n’avez pas demandé de code, vous pouvez ignorer ce message.',
      ],
    }),
    sign_in_link: ({ minutes }, { brand, ...say }) => ({
      subject: `Connectez-vous à ${brand}`,
      preview: `Le lien est valable ${say.minutes(minutes)}.`,
      title: `Connectez-vous à ${brand}`,
      opening: [`Vous avez demandé un lien qui vous connecte à ${brand}.`],
      advice: [
        'Ouvrez-le dans le navigateur où vous l’avez demandé. Partout ailleurs, il affiche un numéro à saisir là-bas.',
      ],
      button: 'Continuer',
      closing: [
        `Le lien est valable ${say.minutes(minutes)} et sert une seule fois. Ne le transmettez pas, ni le numéro.`,
        'Si vous n’avez pas demandé de lien, vous pouvez ignorer ce message.',
      ],
    }),
    top_up_stopped: ({ organization, reason }, { brand }) => ({
      subject: `La recharge automatique de ${organization ?? brand} est arrêtée`,
      preview: 'Vos crédits ne sont plus rechargés tant que vous ne la réactivez pas.',
      title: 'La recharge automatique est arrêtée',
      opening: [
        `${organization === null ? 'Vos crédits' : `Les crédits de ${organization}`} arrivaient à leur fin et devaient être rachetés automatiquement.`,
        {
          declined: 'Le paiement a été refusé : rien n’a été acheté ni débité.',
          authentication_required:
            'Votre banque vous demande de confirmer vous-même le paiement : rien n’a été acheté ni débité.',
          no_payment_method: 'Il n’y a plus de moyen de paiement : rien n’a été acheté ni débité.',
          price_gone: 'Le pack de crédits n’est plus proposé : rien n’a été acheté ni débité.',
        }[reason],
      ],
      button: reason === 'authentication_required' ? 'Confirmer et payer' : 'Voir la facturation',
      advice: [
        'Vous pouvez y acheter des crédits vous-même et réactiver la recharge automatique. D’ici là, elle reste désactivée.',
      ],
      closing: [],
    }),
    billing_email_changed: ({ told }, { brand }) => ({
      subject: told
        ? `Les e-mails sur les paiements ${told.organization ? `de ${told.organization}` : 'd’une organisation'} vont désormais ailleurs`
        : `Les e-mails sur les paiements chez ${brand} arrivent désormais ici`,
      preview: told
        ? `Ils vont désormais à ${told.email_masked}.`
        : 'Cette adresse a été indiquée pour les recevoir.',
      title: 'L’adresse pour les paiements a été modifiée',
      opening: told
        ? [
            `Les e-mails sur ce ${told.organization ? `que ${told.organization}` : 'qu’une organisation'} paie chez ${brand} vont désormais à ${told.email_masked}. Jusqu’ici, ils arrivaient à cette adresse.`,
          ]
        : [
            `Cette adresse a été indiquée pour les e-mails sur ce qu’une organisation paie chez ${brand}. Ils arrivent désormais ici.`,
          ],
      button: told ? 'Voir l’organisation' : `Aller chez ${brand}`,
      advice: [
        told
          ? 'Si ce n’était aucun d’entre vous, rétablissez-la là-bas et vérifiez qui peut gérer les paiements.'
          : 'Si vous n’en savez rien, vous n’avez rien à faire. Demandez à la personne qui l’a indiquée d’en choisir une autre.',
      ],
      closing: [],
    }),
    webhook_disabled: ({ host, reason }, { brand }) => ({
      subject: `Un webhook de ${brand} est désactivé`,
      preview: `${host} ne reçoit plus d’événements.`,
      title: 'Un webhook est désactivé',
      opening: [
        reason === 'gone'
          ? `${host} a répondu que le webhook n’existe plus (410) : ${brand} ne lui envoie donc plus d’événements.`
          : `Rien n’est arrivé à ${host} pendant cinq jours : ${brand} ne lui envoie donc plus d’événements.`,
      ],
      button: 'Voir les webhooks',
      advice: [
        'Quand il fonctionnera de nouveau, vous pourrez l’y réactiver et faire livrer ce qu’il a manqué des 30 derniers jours.',
      ],
      closing: ['S’il n’est plus nécessaire, vous pouvez le supprimer.'],
    }),
    test_email: (_, { brand }) => ({
      subject: `Message de test de ${brand}`,
      preview: 'Les e-mails arrivent.',
      title: 'Les e-mails arrivent',
      opening: [
        `Vous avez demandé un message de test à ${brand}. Le voici : l’envoi d’e-mails est configuré et fonctionne.`,
      ],
      advice: [],
      closing: ['Vous n’avez rien à faire.'],
    }),
  },
  texts: {
    one_time_code: (code, brand, valid) =>
      `${code} est votre code${brand ? ` ${brand}` : ''}, valable ${valid}. Ne le partagez pas.`,
  },
};
