import type { HookName } from '../lib/realm.ts';

const USER_ID = 'usr_00000000000000000000000000';

/** What a hook is asked when an operator tries it: made up. */
export const HOOK_SAMPLES: Record<HookName, Record<string, unknown>> = {
  'before.registration': {
    method: 'password',
    user_id: null,
    email: 'ada@example.com',
    email_verified: false,
    provider: null,
    profile: { name: 'Ada Lovelace' },
    client: { ip: '192.0.2.1', country: 'GB', user_agent: 'Latchkey' },
  },
  'before.token': {
    user_id: USER_ID,
    session_id: 'ses_00000000000000000000000000',
    role: 'user',
    plan: 'free',
    email_verified: true,
    anonymous: false,
    methods: ['pwd'],
    impersonator: null,
    client_id: null,
    scope: null,
  },
  'send.mail': {
    user_id: USER_ID,
    template: 'test',
    locale: 'en',
    from: { address: 'latchkey@example.com', name: 'Latchkey' },
    to: 'ada@example.com',
    subject: 'Test',
    text: 'A test of the hook send.mail.',
    html: '<p>A test of the hook send.mail.</p>',
  },
  'send.sms': {
    user_id: USER_ID,
    template: 'test',
    locale: 'en',
    to: '+442071838750',
    text: 'A test of the hook send.sms.',
  },
};
