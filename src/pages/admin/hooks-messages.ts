import { messages } from '../kit/messages.ts';

/** What the page says of hooks. */
export const hooksMessages = messages({
  en: {
    title: 'Hooks',
    text: 'This realm asks these before it acts, or has them act in its place. They have one second to answer.',
    kinds: {
      before_registration: 'Before somebody registers',
      before_token: 'Before tokens are made',
      send_mail: 'Sends mails',
      send_sms: 'Sends text messages',
    },
    name: 'When',
    at: 'Address, or service binding',
    atHint:
      'https, such as https://example.com/hooks/registration; or the name of a binding, such as HOOK_SIGNUPS',
    onFailure: 'When it does not answer',
    failures: { refuse: 'Refuse', allow: 'Go on without it' },
    set: 'Set',
    test: 'Try it',
    remove: 'Delete',
    confirm: 'Yes, ask nobody there any more',
  },
  de: {
    title: 'Hooks',
    text: 'Wen dieser Bereich fragt, bevor er etwas tut, oder an seiner Stelle tun lässt. Zum Antworten ist eine Sekunde Zeit.',
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
    onFailure: 'Wenn keine Antwort kommt',
    failures: { refuse: 'Ablehnen', allow: 'Ohne sie weitermachen' },
    set: 'Setzen',
    test: 'Ausprobieren',
    remove: 'Löschen',
    confirm: 'Ja, dort niemanden mehr fragen',
  },
});
