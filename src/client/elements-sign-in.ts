import { avatarOf, nameOf } from './elements-avatar.ts';
import { LatchkeyElement, make } from './elements-base.ts';

/**
 * A card with the ways to sign in: a button that leaves for the issuer's pages and, where the session is a cookie, one for a passkey, which
 * stays on the page. Shows who is signed in afterwards. Attributes beside those of all: `return-to`.
 */
export class LatchkeySignIn extends LatchkeyElement {
  protected content(): Node[] {
    const { speaker } = this;
    const { say } = speaker;
    const alert = make('p', { part: 'error', class: 'error', role: 'alert', id: 'error' }, this.complaint);
    if (this.session) {
      const { user } = this.session;
      return [
        make(
          'div',
          { part: 'card', class: 'card' },
          make(
            'div',
            { class: 'who' },
            avatarOf(user),
            make('p', { part: 'text' }, say('signedInAs', { name: nameOf(user) })),
          ),
          alert,
          this.#button('sign-out', 'plain', say('signOut'), (latchkey) => latchkey.signOut()),
        ),
      ];
    }
    const { latchkey } = this;
    const canUsePasskey = latchkey?.clientId === undefined && 'PublicKeyCredential' in globalThis;
    return [
      make(
        'section',
        { part: 'card', class: 'card', 'aria-labelledby': 'title' },
        make(
          'div',
          { class: 'head' },
          make('h2', { part: 'title', id: 'title' }, make('slot', { name: 'title' }, say('welcome'))),
          make('p', { part: 'text', class: 'soft' }, make('slot', { name: 'text' }, say('welcomeText'))),
        ),
        alert,
        make(
          'div',
          { class: 'buttons' },
          this.#button('sign-in', 'primary', say('signIn'), (handle) =>
            handle.signIn({ returnTo: this.returnTo }),
          ),
          canUsePasskey &&
            this.#button(
              'passkey',
              'plain',
              say('passkey'),
              (handle) => handle.signInWithPasskey(),
              say('passkeyFailed'),
            ),
        ),
        make(
          'p',
          { part: 'foot', class: 'foot soft' },
          `${say('newHere')} `,
          this.#button('sign-up', 'link', say('signUp'), (handle) =>
            handle.signUp({ returnTo: this.returnTo }),
          ),
        ),
      ),
    ];
  }

  #button(
    id: string,
    look: string,
    text: string,
    does: Parameters<LatchkeyElement['act']>[1],
    failed?: string,
  ): HTMLButtonElement {
    const part = look === 'link' ? 'link' : `button ${look}-button`;
    const button = make('button', { id, type: 'button', class: look, part }, text);
    button.addEventListener('click', () => this.act(button, does, failed));
    return button;
  }
}
