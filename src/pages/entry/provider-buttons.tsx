import type { Child } from 'hono/jsx';
import type { View } from '../kit/view.ts';
import { signInMessages } from './sign-in-messages.ts';

/** A sign-in provider as a button shows it. */
export interface ProviderButton {
  id: string;
  name: string;
}

/** The ways to sign in besides a password. */
export function ProviderButtons(props: { view: View; providers: ProviderButton[]; children?: Child }) {
  const { view, providers, children } = props;
  return (
    <div class="ways">
      {providers.map(({ id, name }) => (
        <a class="button plain" href={view.link(`/v1/oauth/${id}/login`)} rel="nofollow">
          <Mark id={id} name={name} />
          {signInMessages[view.language].signIn.with(name)}
        </a>
      ))}
      {children}
    </div>
  );
}

/** Separates the form from the other ways to sign in. */
export function OrRule({ view }: { view: View }) {
  return <p class="or">{signInMessages[view.language].signIn.or}</p>;
}

/** The brand colours of providers. The others have the colour of the text. */
const COLORS: Record<string, string> = { google: '#4285f4', discord: '#5865f2', gitlab: '#e24329' };

/** Microsoft's four squares; the other providers have their first letter. */
function Mark({ id, name }: ProviderButton) {
  if (id === 'microsoft') {
    return (
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <rect width="9" height="9" fill="#f25022" />
        <rect x="11" width="9" height="9" fill="#7fba00" />
        <rect y="11" width="9" height="9" fill="#00a4ef" />
        <rect x="11" y="11" width="9" height="9" fill="#ffb900" />
      </svg>
    );
  }
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="9.25" fill="none" stroke={COLORS[id] ?? 'currentColor'} stroke-width="1.5" />
      <text
        x="10"
        y="14"
        text-anchor="middle"
        font-size="11.5"
        font-weight="700"
        fill={COLORS[id] ?? 'currentColor'}
      >
        {[...name][0]?.toUpperCase()}
      </text>
    </svg>
  );
}
