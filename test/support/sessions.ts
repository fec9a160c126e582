import type { SessionBook } from '../../src/account/session-book.ts';

/** A session to be opened, of a client that says nothing of itself. */
export function opened(): Parameters<SessionBook['open']>[0] {
  return {
    credentialVersion: 1,
    client: { ip: '10.0.0.1', country: null, city: null, userAgent: null },
    methods: ['pwd'],
    lifetimes: { idleSeconds: 31_536_000, absoluteSeconds: 31_536_000 },
    impersonator: null,
  };
}
