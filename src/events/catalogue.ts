import { z } from 'zod';

/** An event that receivers can hear of. Data is thin: ids, names of fields, numbers; never an address, a name or a secret. */
interface EventDeclaration {
  /** Rises when the data changes its meaning; a field more is no other version. */
  version: number;
  /** What has happened. */
  about: string;
  data: z.ZodObject;
}

function event<Data extends z.ZodObject>(about: string, data: Data, version = 1) {
  return { version, about, data };
}

const nothing = z.object({});
const session = z.object({ session_id: z.string() });
const app = z.object({ client_id: z.string() });
const theClient = z.object({ client_id: z.string() });
const key = z.object({ api_key_id: z.string() });
const resource = z.object({ protected_resource_id: z.string() });
/** Of what members share: whose it is. */
const shared = {
  organization_id: z.string().optional().describe('Of an organization: which'),
  member_id: z.string().optional().describe('Of an organization: the member, where it is of one'),
};
const limited = {
  percent: z.number().describe('How much of the limit is used'),
  resets_at: z.iso.datetime(),
  ...shared,
};
const quota = z.object({ resource: z.string(), ...limited });
const cap = z.object({
  resource: z.string().nullable().describe('Null for credits'),
  ...limited,
  api_key_id: z.string().optional().describe('Of a key of a user or an organization: which'),
});
const organization = z.object({ organization_id: z.string() });
const member = z.object({ organization_id: z.string(), member_id: z.string(), role: z.string() });
const invitation = z.object({ organization_id: z.string(), invitation_id: z.string() });
const domain = z.object({ organization_id: z.string(), domain_id: z.string() });
const ofPayer = {
  organization_id: z.string().optional().describe('Where an organization pays, which no single user does'),
};
const billingEvent = z.object({ stripe_event_id: z.string(), stripe_object_id: z.string(), ...ofPayer });
const organizationKey = z.object({ organization_id: z.string(), api_key_id: z.string() });

/**
 * Everything that webhooks tell, by its name: dotted, past tense. Each public change is one of these events, or none; which one is in
 * `derived.ts`. A new one is a line here and a line there.
 */
export const EVENTS = {
  'user.created': event(
    'There is an account more: somebody registered, or was added',
    z.object({ by: z.enum(['registration', 'provider', 'anonymous', 'admin']) }),
  ),
  'user.registered': event('An anonymous user has registered', nothing),
  'user.updated': event(
    'What is known of a user has changed',
    z.object({ changed: z.array(z.string()).describe('Names of fields of the user') }),
  ),
  'user.preferences_updated': event('What an app keeps about a user has changed', nothing),
  'user.suspended': event('A user may not do anything any more; their sessions have ended', nothing),
  'user.reactivated': event('A suspended user may sign in again', nothing),
  'user.role_changed': event('A user has another role', z.object({ role: z.string() })),
  'user.locked': event('Too many attempts to sign in have failed', nothing),
  'user.impersonated': event('An admin has begun to act as a user', session),
  'user.disowned': event('The owner of an address has said that they did not make its account', nothing),
  'user.deleted': event('An account is no more', nothing),
  'users.imported': event('Users were brought along from elsewhere', z.object({ import_id: z.string() })),
  'email.verified': event('A user has proved their address, or an admin vouches for it', nothing),
  'email.changed': event(
    'A user has another address',
    z.object({ undone: z.boolean().describe('Whether it is the one from before again') }),
  ),
  'phone.verified': event('A user has proved their phone number', nothing),
  'password.changed': event(
    'A password is another one, or was taken away; other sessions have ended',
    z.object({ by: z.enum(['change', 'reset']) }),
  ),
  'password.breached': event(
    'The password that a user signs in with is in a collection of breaches',
    nothing,
  ),
  'session.created': event('A user has signed in', session),
  'session.revoked': event(
    'A session has ended before its time, or all of a user',
    z.object({
      session_id: z.string().nullable().describe('Null when it is all of them'),
      reason: z.enum(['signed_out', 'revoked', 'token_reused']),
    }),
  ),
  'sign_in.failed': event(
    'Somebody could not sign in to an account that there is',
    z.object({ step: z.enum(['password', 'second_factor']) }),
  ),
  'mfa.added': event(
    'An account has a second factor more',
    z.object({ method: z.enum(['totp', 'passkey']) }),
  ),
  'mfa.removed': event('An account has a second factor less', z.object({ method: z.enum(['totp']) })),
  'mfa.reset': event('An admin has taken all second factors away from an account', nothing),
  'mfa.recovery_codes_made': event('A user has new recovery codes', nothing),
  'mfa.recovery_code_used': event('Somebody has signed in with a recovery code', nothing),
  'passkey.added': event('An account has a passkey more', nothing),
  'passkey.removed': event('An account has a passkey less', nothing),
  'passkey.copied': event('A passkey was refused: there may be a copy of it', nothing),
  'identity.linked': event('An account at a provider signs in', z.object({ provider: z.string() })),
  'identity.unlinked': event('An account at a provider signs in no more', z.object({ provider: z.string() })),
  'app.authorized': event('A user lets an app act for them', app),
  'app.connected': event('An app has got tokens of a user', app),
  'app.disconnected': event('A user lets an app act no more', app),
  'user.api_key_created': event('A user has an API key of their own more', key),
  'user.api_key_updated': event('An API key of a user may something else', key),
  'user.api_key_revoked': event('An API key of a user works no more', key),
  'organization.created': event('There is an organization more', organization),
  'organization.updated': event(
    'What is known of an organization has changed',
    z.object({
      organization_id: z.string(),
      changed: z.array(z.string()).describe('Names of fields of the organization'),
    }),
  ),
  'organization.transferred': event(
    'An owner has made another member owner in their place',
    z.object({ organization_id: z.string(), member_id: z.string() }),
  ),
  'organization.deleted': event('An organization is no more, nor anything in it', organization),
  'organization.api_key_created': event('An organization has an API key more', organizationKey),
  'organization.api_key_updated': event('An API key of an organization may something else', organizationKey),
  'organization.api_key_revoked': event('An API key of an organization works no more', organizationKey),
  'member.joined': event('An organization has a member more', member),
  'member.role_changed': event('A member has another role', member),
  'member.removed': event('A member has left, or was removed', member),
  'member.invited': event('Somebody was invited', invitation),
  'invitation.revoked': event('An invitation was withdrawn', invitation),
  'domain.added': event('An organization has named a domain, which proves nothing yet', domain),
  'domain.updated': event('Users of a domain join otherwise than before', domain),
  'domain.verified': event('An organization has proved that a domain is its own', domain),
  'domain.removed': event('An organization has given a domain up', domain),
  'plan.changed': event(
    'A user has another plan',
    z.object({ plan: z.string(), expires_at: z.iso.datetime().nullable() }),
  ),
  'plan.expired': event("A user's plan has lapsed: they have the free one", nothing),
  'limits.changed': event('A user has limits of their own, or others', nothing),
  'caps.changed': event('A user may spend more or less: they have set caps, or an operator has', nothing),
  'subscription.updated': event(
    'A subscription began, changed or ended',
    z.object({ subscription_id: z.string(), plan: z.string(), status: z.string(), ...ofPayer }),
  ),
  'subscription.trial_ending': event('A trial ends within three days', billingEvent),
  'payment.failed': event('A payment has failed', billingEvent),
  'payment.reversed': event('A payment was given back or disputed', billingEvent),
  'payment_method.added': event('A user or an organization has a way to pay more', billingEvent),
  'payment_method.removed': event('A user or an organization has a way to pay less', billingEvent),
  'top_up.stopped': event(
    'Credits are not bought again by themselves any more: the payment has failed',
    z.object({ reason: z.string(), ...ofPayer }),
  ),
  'quota.warning': event('Half of a quota is used, or most of it', quota),
  'quota.exceeded': event('A quota is used up', quota),
  'cap.warning': event('Half of what a cap allows is spent, or most of it', cap),
  'cap.exceeded': event('All that a cap allows is spent', cap),
  'credits.changed': event(
    'Credits came or went: a row of the ledger',
    z.object({
      transaction_id: z.string(),
      transaction_type: z.string(),
      amount: z.int(),
      balance_after: z.int(),
      ...shared,
    }),
  ),
  'credits.low': event(
    'A use has left less than a tenth of the balance that there was when credits came in last',
    z.object({ transaction_id: z.string(), balance: z.int(), ...shared }),
  ),
  'api_key.created': event('There is an API key more', key),
  'api_key.rotated': event('An API key has a successor', key),
  'api_key.revoked': event('An API key works no more', key),
  'api_key.taken_over': event('An API key has another keeper', key),
  'client.created': event('There is a client more', theClient),
  'client.updated': event('A client is another', theClient),
  'client.secret_rotated': event('A client has another secret', theClient),
  'client.deleted': event('A client is no more', theClient),
  'protected_resource.created': event('There is a protected resource more', resource),
  'protected_resource.updated': event('A protected resource is another', resource),
  'protected_resource.deleted': event('A protected resource is no more', resource),
  'plan.saved': event('A plan of the realm is new or another', z.object({ plan: z.string() })),
  'prices.replaced': event('Prices of the realm stand for other plans', nothing),
  'realm.updated': event('The policy of the realm is another', nothing),
  'signing_key.rotated': event('Tokens are signed with another key', z.object({ kid: z.string() })),
  'webhook.test': event('An operator wants to see whether events arrive', nothing),
} as const satisfies Record<string, EventDeclaration>;

export type EventName = keyof typeof EVENTS;

/** The names of all events. */
export const EVENT_TYPES = Object.keys(EVENTS) as [EventName, ...EventName[]];

/** An event by its name, with what it tells. */
export type ToldEvent = {
  [Type in EventName]: { type: Type; data: z.output<(typeof EVENTS)[Type]['data']> };
}[EventName];

/** What is posted (Standard Webhooks): an event, and of whom, by whom and in which request it came about. */
export const Payload = z.object({
  id: z.string().describe('The same however often it is sent, and in the header `webhook-id`'),
  type: z.enum(EVENT_TYPES),
  version: z.int().describe('Of the data'),
  timestamp: z.iso.datetime().describe('When it happened'),
  realm: z.string(),
  user_id: z.string().nullable().describe('Whom it is about; null for what is no single user’s'),
  sequence: z
    .int()
    .describe('Rises with each event of a realm, and so of a user: what has a smaller one happened before'),
  actor: z.string().nullable().describe('Who did it: the id of a user or an API key, `system`, `cli`'),
  request_id: z.string().nullable().describe('Of the request that did it, as in `X-Request-Id`'),
});
