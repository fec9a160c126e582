import type { Child } from 'hono/jsx';
import { signInMessages } from '../../languages/messages.ts';
import { Icon, ProviderMark } from '../kit/icon.tsx';
import type { IconName } from '../kit/icon-names.ts';
import type { View } from '../kit/view.ts';

/** A sign-in provider as a button shows it. */
export interface ProviderButton {
  id: string;
  name: string;
}

/** The providers to sign in with, and further ways. */
export function ProviderButtons(props: { view: View; providers: ProviderButton[]; children?: Child }) {
  const { view, providers, children } = props;
  const text = signInMessages[view.language].signIn;
  return (
    <div class="ways">
      {providers.map(({ id, name }) => (
        <WayButton view={view} way={id} href={view.link(`/v1/oauth/${id}/login`)}>
          <ProviderMark id={id} name={name} />
          {text.with(name)}
        </WayButton>
      ))}
      {children}
    </div>
  );
}

/** A way to sign in besides a password. The script marks the one that was used last on this device. */
export function WayButton(props: {
  view: View;
  way: string;
  href: string;
  icon?: IconName;
  children: Child;
}) {
  const { view, way, href, icon, children } = props;
  const { lastUsed } = signInMessages[view.language].signIn;
  // What leads to another site is followed by no crawler.
  const rel = icon ? undefined : 'nofollow';
  return (
    <a class="button plain" href={href} rel={rel} data-way={way} data-last={lastUsed}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** Separates the form from the other ways to sign in. */
export function OrRule({ view }: { view: View }) {
  return <p class="or">{signInMessages[view.language].signIn.or}</p>;
}

/** Whether the realm wants its providers before the form. */
export function areProvidersAbove({ realm }: View): boolean {
  return realm.appearance.providers === 'above';
}

/** What the realm says to who signs in or registers. */
export function Greeting({ view: { realm, language } }: { view: View }) {
  const { welcome } = realm.appearance;
  const text = welcome[language] ?? welcome.en;
  return text ? <p class="lead">{text}</p> : null;
}
