import { type BrowserOptions, createLatchkey, type Latchkey } from './browser.ts';

const shared = new Map<string, Latchkey>();

/**
 * The handle for these options, one for a whole page, so that all that shows a session shares it. It touches nothing of the browser until it
 * is first asked for something, so that servers can render with it.
 */
export function sharedLatchkey(options: BrowserOptions): Latchkey {
  const { apis, clientId, issuer, redirectUri, resource, scope, silent } = options;
  const key = JSON.stringify([issuer, clientId, redirectUri, scope, resource, apis, silent]);
  const known = shared.get(key);
  if (known) return known;
  const made = lazyLatchkey({
    apis,
    clientId,
    issuer,
    redirectUri,
    resource,
    scope,
    silent,
  } as BrowserOptions);
  // A server renders for many, and keeps nothing of them.
  if (typeof document !== 'undefined') shared.set(key, made);
  return made;
}

function lazyLatchkey(options: BrowserOptions): Latchkey {
  let made: Latchkey | undefined;
  const latchkey = () => {
    made ??= createLatchkey(options);
    return made;
  };
  return {
    issuer: options.issuer.replace(/\/$/, ''),
    clientId: options.clientId,
    get failure() {
      return made?.failure ?? null;
    },
    session: () => latchkey().session(),
    onSession: (listener) => latchkey().onSession(listener),
    token: () => latchkey().token(),
    fetch: (input, init) => latchkey().fetch(input, init),
    signIn: (sent) => latchkey().signIn(sent),
    signUp: (sent) => latchkey().signUp(sent),
    stepUp: (sent) => latchkey().stepUp(sent),
    signOut: (sent) => latchkey().signOut(sent),
    addPasskey: (name) => latchkey().addPasskey(name),
    signInWithPasskey: (sent) => latchkey().signInWithPasskey(sent),
    close() {
      made?.close();
      made = undefined;
    },
  };
}
