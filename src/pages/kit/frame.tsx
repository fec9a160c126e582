import type { Child } from 'hono/jsx';
import { ICON, KIT, STYLESHEET } from '../../../generated/page-assets.ts';
import { kitMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { LANGUAGES } from '../../lib/language.ts';
import type { Appearance } from '../../lib/realm.ts';
import { labelOf, languageName } from './format.ts';
import { firstLetter, Icon, KeyMark } from './icon.tsx';
import type { IconName } from './icon-names.ts';
import { Avatar } from './panel.tsx';
import type { View } from './view.ts';
import type { Visit } from './visit.ts';

/** A realm of this name has Latchkey's key for its mark. */
const PRODUCT = 'Latchkey';

interface FrameProps {
  view: View;
  title: string;
  children: Child;
  /** `card`: one thing to do, in the middle. `wide`: with a menu, for an account. `full`: the same for operators. */
  kind?: 'card' | 'wide' | 'full';
  /** Stands before the realm's name, and beside it: what opens the menu, and who is signed in. */
  before?: Child;
  aside?: Child;
  /** Stands beside the content: links to the other pages. */
  menu?: Child;
  /** Whether something went wrong: the title says so to those who cannot see the page. */
  failed?: boolean;
}

/** The frame of every page for people. */
export function Frame({ view, title, children, kind = 'card', before, aside, menu, failed }: FrameProps) {
  const { realm, language } = view;
  const text = kitMessages[language];
  const looks = { card: groundOf(realm.appearance), wide: 'wide', full: 'wide full' };
  return (
    <html lang={language} data-theme={view.theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={view.theme ?? 'light dark'} />
        <meta name="robots" content="noindex" />
        <title>{`${failed ? labelOf(view, text.error) : ''}${title} · ${realm.name}`}</title>
        <link rel="stylesheet" href={STYLESHEET} />
        <link rel="icon" href={ICON} type="image/svg+xml" />
        <style>{view.colors}</style>
        {/* What is painted before the page is whole, and its times are the reader's, moves then. */}
        <script type="module" src={KIT} blocking="render" />
      </head>
      <body class={looks[kind]} data-realm={realm.id} data-locale={view.locale}>
        <a class="skip" href="#content">
          {text.skip}
        </a>
        <header>
          {before}
          <Brand view={view} />
          {aside}
        </header>
        {menu}
        <main id="content">
          {kind === 'card' && <h1>{title}</h1>}
          {children}
        </main>
        <footer>
          <Legal view={view} />
          <nav aria-label={text.language}>
            {LANGUAGES.map((other) =>
              other === language ? (
                <span aria-current="true">{languageName(other)}</span>
              ) : (
                <a href={view.inLanguage(other)} lang={other} hreflang={other} rel="nofollow">
                  {languageName(other)}
                </a>
              ),
            )}
          </nav>
        </footer>
      </body>
    </html>
  );
}

/** What a page in the middle stands on: a picture of the realm, a colour of its own, or the usual. */
function groundOf({ background, picture }: Appearance): string {
  if (picture) return 'card pictorial';
  return background ? 'card backdrop' : 'card';
}

/** What the realm has to say of the law, where it says so. */
function Legal({ view: { realm, language } }: { view: View }) {
  const { terms, privacy } = kitMessages[language];
  const { terms: termsUrl, privacy: privacyUrl } = realm.appearance;
  if (!termsUrl && !privacyUrl) return null;
  return (
    <p class="legal">
      {termsUrl && <a href={termsUrl}>{terms}</a>}
      {privacyUrl && <a href={privacyUrl}>{privacy}</a>}
    </p>
  );
}

function Brand({ view: { realm } }: { view: View }) {
  return (
    <p class="brand">
      {realm.logo ? (
        <img src={realm.logo} alt={realm.name} height="32" />
      ) : (
        <>
          <span class="tile" aria-hidden="true" data-letter={firstLetter(realm.name)}>
            {realm.name === PRODUCT && <KeyMark />}
          </span>
          {realm.name}
        </>
      )}
    </p>
  );
}

/** A page in a menu; `startsGroup` of one that has a line before it. */
export interface MenuPage {
  href: string;
  name: string;
  icon: IconName;
  isCurrent?: boolean;
  startsGroup?: boolean;
}

/** What the frame of a page with a menu is made of. */
export interface MenuFrameProps {
  visit: Visit;
  title: string;
  kind: 'wide' | 'full';
  menu: { label: string; pages: MenuPage[] };
  /** What the user is called. */
  name: string;
  /** Stands beside their name in their own menu. */
  badge?: Child;
  /** Where else the user may go, in their own menu. */
  elsewhere?: MenuPage[];
  signOut: string;
  /** The page that this one is a part of. */
  above?: { href: string; name: string } | undefined;
  /** Stands beside the realm's name, such as a choice of what the pages are about. */
  slot?: Child;
  /** Stands beside the headline: what the page is there for, or how it is seen. */
  act?: Child;
  /** What was just done, in words. */
  said?: string | undefined;
  failed: boolean;
  children: Child;
}

/** The frame of pages for signed-in users: who they are, the menu, and what was just done. */
export function MenuFrame(props: MenuFrameProps) {
  const { visit, title, kind, menu, above, slot, act, said, failed, children } = props;
  const { view } = visit;
  const text = kitMessages[view.language];
  const links = (
    <nav class="menu" id="menu" popover="auto" aria-label={menu.label}>
      <ul>{menu.pages.map((page) => menuEntry(page))}</ul>
    </nav>
  );
  return (
    <Frame
      view={view}
      title={title}
      kind={kind}
      failed={failed}
      before={
        <button type="button" class="ghost menu-button" popovertarget="menu" aria-label={text.menu}>
          <Icon name="menu" />
        </button>
      }
      aside={
        <>
          <div class="slot">{slot}</div>
          <UserMenu {...props} />
        </>
      }
      menu={links}
    >
      {above && (
        <p class="trail">
          <a href={above.href}>{above.name}</a>
        </p>
      )}
      {act ? (
        <div class="headline">
          <h1>{title}</h1>
          {act}
        </div>
      ) : (
        <h1>{title}</h1>
      )}
      {said && !failed && <Toast view={view}>{said}</Toast>}
      {children}
    </Frame>
  );
}

function menuEntry({ href, name, icon, isCurrent, startsGroup }: MenuPage) {
  return (
    <li>
      {startsGroup && <hr />}
      <a href={href} aria-current={isCurrent ? 'page' : undefined} class="item">
        <Icon name={icon} />
        {name}
      </a>
    </li>
  );
}

/** Who is signed in, where else they may go, and the way out. */
function UserMenu({ visit, name, badge, elsewhere = [], signOut }: MenuFrameProps) {
  const { user, view } = visit;
  const text = kitMessages[view.language];
  return (
    <div class="who">
      <button type="button" class="ghost" popovertarget="who">
        <Avatar user={user} small />
        <span class="hidden">{labelOf(view, text.userMenu)}</span>
        <span class="name">{name}</span>
        <Icon name="chevron-down" />
      </button>
      <div id="who" popover="auto">
        <p>
          <strong>{name}</strong> {badge}
          {!isPlaceholder(user.email) && user.email !== name && (
            <>
              <br />
              <span class="soft">{user.email}</span>
            </>
          )}
        </p>
        {elsewhere.map(({ href, name: called, icon }) => (
          <a class="item" href={href}>
            <Icon name={icon} />
            {called}
          </a>
        ))}
        <form method="post" action={signOut}>
          <button type="submit" class="item">
            <Icon name="log-out" />
            {text.signOut}
          </button>
        </form>
      </div>
    </div>
  );
}

/** What was just done. A script lets it be closed, and closes it after a while. */
export function Toast({ view, children }: { view: View; children: Child }) {
  return (
    <div class="toast">
      <Icon name="circle-check" />
      <p role="status">{children}</p>
      <button type="button" class="ghost scripted" data-close aria-label={kitMessages[view.language].close}>
        <Icon name="x" />
      </button>
    </div>
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
