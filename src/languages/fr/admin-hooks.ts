import type { Texts } from '../texts.ts';

/** In French. */
export const adminHooks: Texts['adminHooks'] = {
  title: 'Hooks',
  text: 'L’espace les interroge avant d’agir. Ils ont une seconde pour répondre.',
  kinds: {
    before_registration: 'Avant une inscription',
    before_token: 'Avant la création de jetons',
    send_mail: 'Envoie les e-mails',
    send_sms: 'Envoie les SMS',
  },
  name: 'Quand',
  at: 'Adresse ou liaison de service',
  atHint:
    'https, par exemple https://example.com/hooks/registration ; ou le nom d’une liaison, par exemple HOOK_SIGNUPS',
  onFailure: 'S’il ne répond pas',
  failures: { refuse: 'Refuser', allow: 'Continuer sans lui' },
  set: 'Définir un hook',
  test: 'L’essayer',
  remove: 'Supprimer',
  confirm: 'Oui, ne plus rien y demander',
};
