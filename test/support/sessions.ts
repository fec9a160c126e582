import { SessionBook } from '../../src/account/session-book.ts';

/** A session to be opened, of a client that says nothing of itself. */
export function opened(): Parameters<SessionBook['open']>[0] {
  return {
    credentialVersion: 1,
    client: { ip: '10.0.0.1', country: null, city: null, userAgent: null },
    methods: ['pwd'],
    lifetimes: { idleSeconds: 31_536_000, absoluteSeconds: 31_536_000 },
    impersonator: null,
    authenticatedAt: 0,
  };
}

/** A browser shows the cookie with that token; whether it stands for a session. */
export function showToken(book: SessionBook, token: string, now: number): boolean {
  const found = book.recognise(token, now);
  if (found && SessionBook.hasNews(found, now)) book.see(found, now);
  return found !== null;
}
