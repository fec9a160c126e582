import type { Texts } from '../texts.ts';

/** In French. */
export const adminMail: Texts['adminMail'] = {
  text: 'E-mails et SMS des 30 derniers jours. Leur contenu n’est jamais affiché : ce peut être un lien ou un code.',
  statuses: { pending: 'En attente', dead: 'Abandonné', sent: 'Envoyé', void: '' },
  channels: { mail: 'E-mail', sms: 'SMS' },
  channel: 'Type',
  message: 'Message',
  recipient: 'À',
  language: 'Langue',
  nextAttempt: 'Prochaine tentative',
  expires: 'Utile jusqu’au',
  settled: 'Envoyé ou abandonné',
  retry: 'Renvoyer maintenant',
  test: 'M’envoyer un message de test',
  notRetriable: 'Il ne peut pas être renvoyé : il a été envoyé ou son contenu ne sert plus à rien.',
  error: 'Dernière erreur',
  preview: 'Aperçu',
  previewText:
    'L’aspect d’un tel e-mail, avec des noms et des liens inventés : le contenu de celui-ci n’est jamais affiché.',
  done: {
    retried: 'Le message est de nouveau en route.',
    tested: 'Un message de test est en route vers votre adresse.',
  },
};
