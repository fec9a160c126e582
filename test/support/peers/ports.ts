import type { OraclePeer } from './oracle.ts';

/** Where the peers listen, all on 127.0.0.1. What `inject('peers')` gives. */
export interface Peers {
  /** The HTTP endpoint behind mailbox.ts. */
  mailbox: number;
  smtp: {
    /** Neither TLS nor AUTH. */
    plain: number;
    /** AUTH LOGIN only, in plain text, required. */
    login: number;
    /** STARTTLS; AUTH PLAIN or LOGIN, required, over TLS only. */
    starttls: number;
    /** TLS from the first byte; AUTH PLAIN or LOGIN, required. */
    tls: number;
    /** TLS with a certificate that nobody trusts. */
    untrusted: number;
    /** STARTTLS with a trusted certificate of another host. */
    misnamed: number;
    /** Answers 554 to every connection. */
    refusing: number;
    /** Takes connections and says nothing. */
    silent: number;
    /** Says more than it may between STARTTLS and TLS, as somebody in the middle would. */
    injecting: number;
    /** Nobody listens. */
    closed: number;
  };
  /** A stand-in for Turnstile's siteverify: turnstile.ts. */
  turnstile: number;
  /** Have I Been Pwned's range API: pwned.ts. */
  pwned: number;
  sendgrid: number;
  resend: number;
  twilio: number;
  oauth: OAuthPeers;
  /** A site of clients that are known by documents: client-documents.ts. */
  clientDocuments: number;
  /** A certified provider, to be compared with: oracle.ts. */
  oracle: OraclePeer;
  /** HTTPS servers that take CloudEvents. */
  eventSink: { trusted: number; untrusted: number };
  stripe: {
    /** Written from Stripe's API reference: stripe.ts. */
    api: number;
    /** npm `emulate`: Checkout and webhooks. */
    emulate: number;
    /** What the webhooks of `emulate` are sent to. */
    webhooks: number;
    /** npm `stripe-stateful-mock`: subscriptions and declined cards. */
    mock: number;
  };
}

/** Addresses of the sign-in providers. */
export interface OAuthPeers {
  google: string;
  github: string;
  apple: string;
  microsoft: string;
  /** GitHub's API with more than one address, and such as are not verified. */
  githubApi: string;
  strict: string;
  broken: string;
  failing: string;
}

/** What the peers take. Some characters are there to be encoded wrongly. */
export const CREDENTIALS = {
  smtp: { username: 'latchkey@example.com', password: 'pässword: with spaces ✓' },
  sendgrid: 'SG.test-key',
  resend: 're_test_key',
  twilio: {
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: 'twilio_test_auth_token',
    number: '+15551234567',
    messagingService: `MG${'0'.repeat(32)}`,
  },
  stripe: {
    secretKey: 'sk_test_not_a_real_key',
    /** The new one and the one before. */
    webhookSecrets: ['whsec_test_new', 'whsec_test_old'],
  },
};

/** What is wrong with the ID tokens of the broken provider: the ids of its clients. */
export const BROKEN_TOKENS = [
  'wrong-aud',
  'many-aud',
  'wrong-azp',
  'wrong-iss',
  'wrong-nonce',
  'no-nonce',
  'no-sub',
  'no-exp',
  'expired',
  'alg-none',
  'alg-hs256',
  'wrong-key',
  'unknown-key',
  'changed',
  'no-token',
] as const;

/** How the failing provider fails: the paths of its issuers. */
export const PROVIDER_FAULTS = [
  'drop',
  'hang',
  'error-500',
  'redirect',
  'html',
  'huge',
  'broken-json',
  'wrong-issuer',
] as const;

declare module 'vitest' {
  interface ProvidedContext {
    peers: Peers;
  }
}

/** What the strict provider knows Latchkey by. */
export const STRICT_CLIENT = { id: 'latchkey', secret: 'a secret: with / + and spaces' };
