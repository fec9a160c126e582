import type { Texts } from '../texts.ts';

/** In German. */
export const adminHooks: Texts['adminHooks'] = {
  title: 'Hooks',
  text: 'Der Bereich fragt diese, bevor er handelt. Sie haben eine Sekunde für die Antwort.',
  kinds: {
    before_registration: 'Bevor sich jemand registriert',
    before_token: 'Bevor Tokens gemacht werden',
    send_mail: 'Verschickt E-Mails',
    send_sms: 'Verschickt SMS',
  },
  name: 'Wann',
  at: 'Adresse oder Service-Binding',
  atHint:
    'https, etwa https://example.com/hooks/registration; oder der Name eines Bindings, etwa HOOK_SIGNUPS',
  onFailure: 'Wenn er nicht antwortet',
  failures: { refuse: 'Ablehnen', allow: 'Ohne sie weitermachen' },
  set: 'Hook einrichten',
  test: 'Ausprobieren',
  remove: 'Löschen',
  confirm: 'Ja, dort niemanden mehr fragen',
};
