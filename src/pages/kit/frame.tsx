import type { Child } from 'hono/jsx';
import { ICON, STYLESHEET } from '../../../generated/page-assets.ts';
import { LANGUAGES } from '../../lib/language.ts';
import { kitMessages } from './messages.ts';
import { Avatar } from './panel.tsx';
import type { View } from './view.ts';
import type { Visit } from './visit.ts';

const NAMES = { en: 'English', de: 'Deutsch' };

interface FrameProps {
  view: View;
  title: string;
  children: Child;
  /** `card`: one thing to do, in the middle. `wide`: with a menu, for an account. `full`: the same for operators. */
  kind?: 'card' | 'wide' | 'full';
  /** Stands beside the realm's name: who is signed in, and the way out. */
  aside?: Child;
  /** Stands beside the content: links to the other pages. */
  menu?: Child;
  /** Whether something went wrong: the title says so to those who cannot see the page. */
  failed?: boolean;
}

/** The frame of every page for people. */
export function Frame({ view, title, children, kind = 'card', aside, menu, failed }: FrameProps) {
  const { realm, language } = view;
  const text = kitMessages[language];
  return (
    <html lang={language} data-theme={view.theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={view.theme ?? 'light dark'} />
        <meta name="robots" content="noindex" />
        <title>{`${failed ? `${text.error}: ` : ''}${title} · ${realm.name}`}</title>
        <link rel="stylesheet" href={STYLESHEET} />
        <link rel="icon" href={ICON} type="image/svg+xml" />
        <style>{view.colors}</style>
      </head>
      <body class={kind === 'full' ? 'wide full' : kind}>
        <a class="skip" href="#content">
          {text.skip}
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
          <nav aria-label={text.language}>
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

/** What the frame of a page with a menu is made of. */
export interface MenuFrameProps {
  visit: Visit;
  title: string;
  kind: 'wide' | 'full';
  menu: { label: string; pages: { href: string; name: string; isCurrent: boolean }[] };
  /** What the user is called, with what stands beside it. */
  who: Child;
  signOut: string;
  /** What was just done, in words. */
  said?: string | undefined;
  failed: boolean;
  children: Child;
}

/** The frame of pages for signed-in users: who they are, the menu, and what was just done. */
export function MenuFrame(props: MenuFrameProps) {
  const { visit, title, kind, menu, who, signOut, said, failed, children } = props;
  const { user, view } = visit;
  const aside = (
    <div class="who">
      <Avatar user={user} small />
      {who}
      <form method="post" action={signOut}>
        <button type="submit" class="plain">
          {kitMessages[view.language].signOut}
        </button>
      </form>
    </div>
  );
  const links = (
    <nav class="menu" aria-label={menu.label}>
      <ul>
        {menu.pages.map(({ href, name, isCurrent }) => (
          <li>
            <a href={href} aria-current={isCurrent ? 'page' : undefined}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
  return (
    <Frame view={view} title={title} kind={kind} failed={failed} aside={aside} menu={links}>
      <h1>{title}</h1>
      {said && !failed && (
        <p class="notice good" role="status">
          {said}
        </p>
      )}
      {children}
    </Frame>
  );
}

/** A page that says one thing, and where to go from there. */
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
