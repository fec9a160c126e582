import type { BrowserOptions, Latchkey, Session } from './browser.ts';
import { sharedLatchkey } from './browser-shared.ts';
import { sheet } from './elements-style.ts';
import { type Speaker, speakerOf } from './elements-texts.ts';
import { errorOf, LatchkeyError } from './errors.ts';

/** How long a button that leaves the page waits before it can be pressed again. */
const LEAVING_MS = 10_000;

/** The handle of elements that name none. */
const defaults: { latchkey: Latchkey | null } = { latchkey: null };

/** Gives elements that name neither a handle nor an issuer one. */
export function setDefaultLatchkey(latchkey: Latchkey): void {
  defaults.latchkey = latchkey;
}

// On a server the module can be loaded, and nothing can be made of it.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** What all elements share: the handle, the session, the language and how they are drawn. */
export abstract class LatchkeyElement extends Base {
  static observedAttributes = ['issuer', 'client-id', 'scope', 'redirect-uri', 'lang'];

  /** Who is signed in; null for nobody, undefined until that is known. */
  session: Session | null | undefined;
  /** What went wrong last, in words. */
  protected complaint = '';

  #given: Latchkey | null = null;
  #stop: (() => void) | undefined;
  #isDue = false;
  readonly #shadow = this.attachShadow({ mode: 'open', delegatesFocus: true });
  readonly #internals = this.attachInternals();

  constructor() {
    super();
    this.#shadow.adoptedStyleSheets = [sheet()];
  }

  /** The handle: the one that was given, that of the attributes, or that of `defineElements`. */
  get latchkey(): Latchkey | null {
    const [issuer, clientId, scope, redirectUri] = ['issuer', 'client-id', 'scope', 'redirect-uri'].map(
      (name) => this.getAttribute(name) ?? undefined,
    );
    if (this.#given) return this.#given;
    if (!issuer) return defaults.latchkey;
    return sharedLatchkey({ issuer, clientId, scope, redirectUri } as BrowserOptions);
  }

  set latchkey(latchkey: Latchkey | null) {
    this.#given = latchkey;
    this.#schedule();
  }

  connectedCallback(): void {
    // What was set before the element was defined lies in front of its property.
    if (Object.hasOwn(this, 'latchkey')) {
      const { latchkey } = this;
      delete (this as { latchkey?: unknown }).latchkey;
      this.latchkey = latchkey;
    }
    this.#schedule();
  }

  disconnectedCallback(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  attributeChangedCallback(name: string): void {
    if (name === 'lang') this.draw();
    else this.#schedule();
  }

  /** Attributes and properties come one by one: what they come to is looked at afterwards. */
  #schedule(): void {
    if (this.#isDue || !this.isConnected) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.disconnectedCallback();
      if (this.isConnected) this.#listen();
    });
  }

  #listen(): void {
    const { latchkey } = this;
    this.session = undefined;
    this.draw();
    if (!latchkey) return;
    this.#stop = latchkey.onSession((session) => {
      this.session = session;
      const { failure } = latchkey;
      this.complaint = failure
        ? this.speaker.say(failure.error === 'access_denied' ? 'denied' : 'failed')
        : '';
      this.draw();
      this.emit('latchkey-session', session);
      this.sessionChanged(latchkey);
    });
    latchkey.session().catch((error) => {
      if (latchkey === this.latchkey && this.session === undefined) this.fail(error);
    });
  }

  /** Draws the element, with the focus where it was. */
  protected draw(): void {
    if (!this.isConnected) return;
    const focused = this.#shadow.activeElement?.id;
    const { states } = this.#internals;
    for (const state of ['loading', 'signed-in', 'signed-out']) states?.delete(state);
    const state = this.session
      ? 'signed-in'
      : this.session === null || this.complaint
        ? 'signed-out'
        : 'loading';
    states?.add(state);
    this.#shadow.replaceChildren(...this.content(state));
    if (focused) this.#shadow.getElementById(focused)?.focus();
  }

  /** What the element shows. */
  protected abstract content(state: 'loading' | 'signed-in' | 'signed-out'): Node[];

  /** The session is known, or another one. */
  protected sessionChanged(_latchkey: Latchkey): void {}

  protected get speaker(): Speaker {
    const lang = this.closest<HTMLElement>('[lang]')?.lang;
    return speakerOf(lang || document.documentElement.lang || navigator.language);
  }

  /** Says what went wrong, in the element and by an event. */
  protected fail(error: unknown, text?: string): void {
    const isAway = error instanceof LatchkeyError && error.code === 'network_error';
    const { say } = this.speaker;
    this.complaint = isAway ? say('noAnswer') : (text ?? say('failed'));
    this.draw();
    this.emit('latchkey-error', error);
  }

  /** Does what a button is for, and says it where that fails. */
  protected act(
    button: HTMLButtonElement,
    what: (latchkey: Latchkey) => Promise<unknown>,
    failed?: string,
  ): void {
    const { latchkey } = this;
    if (!latchkey || button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    this.complaint = '';
    const done = () => {
      button.ariaBusy = null;
    };
    // Who leaves the page may have been kept from it.
    setTimeout(done, LEAVING_MS);
    what(latchkey)
      .catch((error) => this.fail(error, failed))
      .finally(done);
  }

  /** Asks the issuer, as the user. Throws LatchkeyError. */
  protected async ask<Answer>(latchkey: Latchkey, path: string, body?: object): Promise<Answer> {
    const init = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const answer = await latchkey.fetch(latchkey.issuer + path, init).catch((cause) => {
      throw cause instanceof LatchkeyError ? cause : new LatchkeyError('network_error', { cause });
    });
    if (!answer.ok) throw await errorOf(answer);
    return answer.json();
  }

  /** Tells the page; false when it says that the element shall do nothing. */
  protected emit(name: string, detail: unknown): boolean {
    return this.dispatchEvent(
      new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true }),
    );
  }

  /** Where sign-ins and payments come back to. */
  protected get returnTo(): string {
    return new URL(this.getAttribute('return-to') ?? '', location.href).href;
  }
}

type Child = Node | string | false | undefined;

/** Makes an element: attributes by name, listeners by `on…`. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | false | ((event: Event) => void)>,
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== false && child !== undefined));
  return made;
}
