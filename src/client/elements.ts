import type { Latchkey, Session } from './browser.ts';
import { setDefaultLatchkey } from './elements-base.ts';
import { type ChosenPlan, LatchkeyPlans } from './elements-plans.ts';
import { LatchkeySignIn } from './elements-sign-in.ts';
import { addTexts, type ElementTexts } from './elements-texts.ts';
import { LatchkeyUsage } from './elements-usage.ts';
import { LatchkeyUserButton } from './elements-user-button.ts';

export type { Latchkey, Session, User } from './browser.ts';
export type { ChosenPlan } from './elements-plans.ts';
export type { ElementTexts } from './elements-texts.ts';
export { LatchkeyPlans, LatchkeySignIn, LatchkeyUsage, LatchkeyUserButton };

/** What `defineElements` takes. */
export interface ElementOptions {
  /** The handle of elements that name neither one nor an issuer. */
  latchkey?: Latchkey;
  /** Texts of the app's own, by language: `{ en: { signIn: 'Log in' }, fr: { … } }`. */
  texts?: Record<string, Partial<ElementTexts>>;
}

/** The elements, by name. */
const ELEMENTS = {
  'latchkey-sign-in': LatchkeySignIn,
  'latchkey-user-button': LatchkeyUserButton,
  'latchkey-plans': LatchkeyPlans,
  'latchkey-usage': LatchkeyUsage,
};

/**
 * Defines `<latchkey-sign-in>`, `<latchkey-user-button>`, `<latchkey-plans>` and `<latchkey-usage>`, once for a page. On a server it does nothing.
 *
 * @example
 * defineElements({ latchkey: createLatchkey({ issuer: 'https://auth.example.com' }) });
 */
export function defineElements({ latchkey, texts = {} }: ElementOptions = {}): void {
  if (latchkey) setDefaultLatchkey(latchkey);
  addTexts(texts);
  if (typeof customElements === 'undefined') return;
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'latchkey-sign-in': LatchkeySignIn;
    'latchkey-user-button': LatchkeyUserButton;
    'latchkey-plans': LatchkeyPlans;
    'latchkey-usage': LatchkeyUsage;
  }
  interface HTMLElementEventMap {
    'latchkey-session': CustomEvent<Session | null>;
    'latchkey-error': CustomEvent<unknown>;
    'latchkey-choose': CustomEvent<ChosenPlan>;
  }
}
