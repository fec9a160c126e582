/** What the page says of hooks. */
export const adminHooks = {
  title: 'Hooks',
  text: 'The realm asks these before it acts. They have one second to answer.',
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
  onFailure: 'If it does not answer',
  failures: { refuse: 'Refuse', allow: 'Go on without it' },
  set: 'Set a hook',
  test: 'Try it',
  remove: 'Delete',
  confirm: 'Yes, ask nobody there any more',
};
