import type { JSX } from 'hono/jsx/jsx-runtime';
import { type AppContext, clientOf } from '../../http/context.ts';
import type { Client } from '../../lib/client.ts';
import type { Realm } from '../../lib/realm.ts';
import type { Pending, SignedIn } from '../../passwords/service.ts';
import { attempt, type FormProblem, formOf } from '../kit/form-data.ts';
import { passkeyIn } from '../kit/passkey-form.tsx';
import { type View, viewFor } from '../kit/view.ts';
import { completeSignIn, destinationOf, type SignInCompletion } from './destination.ts';

/**
 * Answers a form that the browser has filled in by a passkey: whoever `act` signs in goes on to where they were going, and who has to
 * prove their address first is told so. On an error that its reader can do something about, by the page that `again` gives.
 */
export function passkeyAnswer(
  services: SignInCompletion & { config: { ORIGIN: string } },
  act: (
    sent: { flow: string; credential: unknown },
    realm: Realm,
    client: Client,
  ) => Promise<SignedIn | Pending>,
  again: (view: View, problem: FormProblem) => JSX.Element,
) {
  const { ORIGIN } = services.config;
  return async (c: AppContext): Promise<Response> => {
    const view = viewFor(c);
    const destination = destinationOf(c, view, ORIGIN);
    const sent = await formOf(c, ORIGIN);
    return attempt(
      c,
      view,
      async () => {
        const entered = await act(passkeyIn(sent), view.realm, clientOf(c));
        if ('grant' in entered) return completeSignIn(c, view, services, entered, destination);
        return c.redirect(view.link('/register', { sent: '1' }), 303);
      },
      (problem) => again(view, problem),
      destination.leadsTo,
    );
  };
}
