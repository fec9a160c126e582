import type { Child } from 'hono/jsx';
import type { UserRow } from '../directory/tables.ts';
import { dayOf, initialsOf, timeOf } from './account-format.ts';
import type { Visit } from './account-visit.ts';
import { Form, Hidden } from './form.tsx';
import { Frame } from './layout.tsx';
import type { View } from './view.ts';

/** The pages of an account, in the order of their menu. */
export const ACCOUNT_PAGES = {
  profile: '/account',
  security: '/account/security',
  devices: '/account/devices',
  identities: '/account/identities',
  usage: '/account/usage',
  billing: '/account/billing',
  activity: '/account/activity',
  preferences: '/account/preferences',
  data: '/account/data',
} as const;

export type AccountPageName = keyof typeof ACCOUNT_PAGES;

/** The frame of an account's pages: who is signed in, the menu, what was just done, what is still to do. */
export function AccountFrame(props: {
  visit: Visit;
  page: AccountPageName;
  /** The code of what was just done. */
  done?: string | undefined;
  failed?: boolean;
  children: Child;
}) {
  const { visit, page, done, failed = false, children } = props;
  const { principal, user, view } = visit;
  const text = view.text.account;
  const { title } = text[page];
  const said = done !== undefined && Object.hasOwn(text.done, done) ? text.done[done] : undefined;
  return (
    <Frame
      view={view}
      title={title}
      kind="wide"
      failed={failed}
      aside={<Who view={view} user={user} />}
      menu={<Menu view={view} current={page} />}
    >
      <h1>{title}</h1>
      {said && !failed && (
        <p class="notice good" role="status">
          {said}
        </p>
      )}
      {!principal.emailVerified && (
        <section class="notice" aria-labelledby="unverified">
          <h2 id="unverified">{text.unverified.title}</h2>
          <p>{text.unverified.text(user.email)}</p>
          <Form
            view={view}
            action={view.link(ACCOUNT_PAGES.security)}
            button={text.unverified.again}
            look="plain"
          >
            <Hidden name="form" value="resend" />
          </Form>
        </section>
      )}
      {children}
    </Frame>
  );
}

/** A part of a page that has one subject. */
export function Panel({ id, title, children }: { id: string; title: string; children: Child }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** A moment, as the user writes times; or only its day. */
export function Time({ view, at, day }: { view: View; at: number; day?: boolean }) {
  const { shown, datetime } = day ? dayOf(view, at) : timeOf(view, at);
  return <time datetime={datetime}>{shown}</time>;
}

/** The user's picture, or their initials. What it shows is said beside it. */
export function Avatar({ user, small = false }: { user: UserRow; small?: boolean }) {
  const look = small ? 'avatar small' : 'avatar';
  if (user.picture) return <img class={look} src={user.picture} alt="" />;
  return (
    <span class={look} aria-hidden="true">
      {initialsOf(nameOf(user))}
    </span>
  );
}

function nameOf(user: UserRow): string {
  const fullName = [user.givenName, user.familyName].filter(Boolean).join(' ');
  return user.name ?? (fullName || (user.username ?? user.email));
}

function Who({ view, user }: { view: View; user: UserRow }) {
  return (
    <div class="who">
      <Avatar user={user} small />
      <span class="name">{nameOf(user)}</span>
      <form method="post" action={view.link('/logout')}>
        <button type="submit" class="plain">
          {view.text.account.signOut}
        </button>
      </form>
    </div>
  );
}

function Menu({ view, current }: { view: View; current: AccountPageName }) {
  const pages = Object.entries(ACCOUNT_PAGES) as [AccountPageName, string][];
  return (
    <nav class="menu" aria-label={view.text.account.menu}>
      <ul>
        {pages.map(([page, path]) => (
          <li>
            <a href={view.link(path)} aria-current={page === current ? 'page' : undefined}>
              {view.text.account[page].title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
