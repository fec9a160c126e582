import type { Child } from 'hono/jsx';
import { ICON, STYLESHEET } from '../../generated/page-assets.ts';
import { LANGUAGES } from '../lib/language.ts';
import type { View } from './view.ts';

const NAMES = { en: 'English', de: 'Deutsch' };

interface FrameProps {
  view: View;
  title: string;
  children: Child;
  /** `card`: one thing to do, in the middle. `wide`: with a menu, for an account; `full`: the same for operators. */
  kind?: 'card' | 'wide' | 'full';
  /** Beside the realm's name: who is signed in, and the way out. */
  aside?: Child;
  /** Beside the content: the other pages of an account. */
  menu?: Child;
  /** Something went wrong: the title says so to who cannot see the page. */
  failed?: boolean;
}

/** The frame of every page for people. */
export function Frame({ view, title, children, kind = 'card', aside, menu, failed }: FrameProps) {
  const { realm, language, text } = view;
  return (
    <html lang={language} data-theme={view.theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={view.theme ?? 'light dark'} />
        <meta name="robots" content="noindex" />
        <title>{`${failed ? `${text.form.error}: ` : ''}${title} · ${realm.name}`}</title>
        <link rel="stylesheet" href={STYLESHEET} />
        <link rel="icon" href={ICON} type="image/svg+xml" />
        <style>{view.colors}</style>
      </head>
      <body class={kind === 'full' ? 'wide full' : kind}>
        <a class="skip" href="#content">
          {text.frame.skip}
        </a>
        <header>
          <Brand view={view} />
          {aside}
        </header>
        {menu}
        <main id="content">
          {kind === 'card' && <h1>{title}</h1>}
          {children}
        </main>
        <footer>
          <nav aria-label={text.frame.language}>
            {LANGUAGES.map((other) =>
              other === language ? (
                <span aria-current="true">{NAMES[other]}</span>
              ) : (
                <a href={view.inLanguage(other)} lang={other} hreflang={other} rel="nofollow">
                  {NAMES[other]}
                </a>
              ),
            )}
          </nav>
        </footer>
      </body>
    </html>
  );
}

function Brand({ view: { realm } }: { view: View }) {
  return (
    <p class="brand">
      {realm.logo ? (
        <img src={realm.logo} alt={realm.name} height="32" />
      ) : (
        <>
          <span class="mark" aria-hidden="true" />
          {realm.name}
        </>
      )}
    </p>
  );
}

/** A page that says something, and where to go from there. */
export function MessagePage(props: {
  view: View;
  title: string;
  text: Child;
  action?: { href: string; label: string };
  failed?: boolean;
}) {
  const { view, title, text, action, failed = false } = props;
  return (
    <Frame view={view} title={title} failed={failed}>
      <p class={failed ? 'notice bad' : undefined} role={failed ? 'alert' : 'status'}>
        {text}
      </p>
      {action && (
        <p>
          <a class="button" href={action.href}>
            {action.label}
          </a>
        </p>
      )}
    </Frame>
  );
}
