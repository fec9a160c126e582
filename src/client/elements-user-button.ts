import { avatarOf, nameOf } from './elements-avatar.ts';
import { LatchkeyElement, make } from './elements-base.ts';

const GAP = 8;

/** A button with the picture of who is signed in, which opens a panel: the account's pages, and a way out. Nobody gets a button to sign in. */
export class LatchkeyUserButton extends LatchkeyElement {
  protected content(state: string): Node[] {
    const { say } = this.speaker;
    if (!this.session) {
      if (state === 'loading') return [make('span', { class: 'avatar' })];
      const button = make(
        'button',
        { id: 'sign-in', type: 'button', class: 'primary', part: 'button primary-button' },
        say('signIn'),
      );
      button.addEventListener('click', () =>
        this.act(button, (latchkey) => latchkey.signIn({ returnTo: this.returnTo })),
      );
      return [button];
    }
    const { user } = this.session;
    const name = nameOf(user);
    const signOut = make(
      'button',
      { id: 'sign-out', type: 'button', class: 'item', part: 'item' },
      say('signOut'),
    );
    signOut.addEventListener('click', () => {
      this.act(signOut, (latchkey) => latchkey.signOut(this.#afterwards()));
    });
    const open = make(
      'button',
      {
        id: 'open',
        type: 'button',
        class: 'open',
        part: 'trigger',
        popovertarget: 'panel',
        'aria-label': say('accountOf', { name }),
      },
      avatarOf(user),
    );
    const panel = make(
      'div',
      { id: 'panel', class: 'panel', part: 'panel', popover: '', role: 'group', 'aria-label': name },
      make(
        'div',
        { class: 'who', part: 'who' },
        avatarOf(user),
        make(
          'div',
          { class: 'names' },
          make('p', { class: 'name' }, name),
          user.email && user.email !== name ? make('p', { class: 'soft' }, user.email) : undefined,
        ),
      ),
      make('slot', {}),
      make(
        'a',
        { id: 'account', class: 'item', part: 'item', href: `${this.latchkey?.issuer}/account` },
        say('manageAccount'),
      ),
      signOut,
      make('p', { part: 'error', class: 'error', role: 'alert' }, this.complaint),
    );
    panel.addEventListener('beforetoggle', (event) => {
      if ((event as ToggleEvent).newState === 'closed') {
        // Browsers give the focus back by themselves, but not across the border of an element.
        if (panel.contains((panel.getRootNode() as ShadowRoot).activeElement)) open.focus();
        return;
      }
      const { bottom, left, right } = open.getBoundingClientRect();
      const { clientWidth } = document.documentElement;
      // Below the button, on the side that has room; the panel goes with the page when that is scrolled.
      panel.style.insetBlockStart = `${bottom + scrollY + GAP}px`;
      if (left > clientWidth / 2) panel.style.right = `${clientWidth - right}px`;
      else panel.style.left = `${left}px`;
    });
    return [open, panel];
  }

  #afterwards(): { returnTo?: string } {
    return this.hasAttribute('return-to') ? { returnTo: this.returnTo } : {};
  }
}
