import type { Child } from 'hono/jsx';
import { Avatar } from './account-frame.tsx';
import type { AdminVisit } from './admin-visit.ts';
import { Frame } from './layout.tsx';

/** The pages for operators, in the order of their menu. */
export const ADMIN_PAGES = {
  overview: '/admin',
  users: '/admin/users',
  activity: '/admin/activity',
  mail: '/admin/mail',
  billing: '/admin/billing',
  plans: '/admin/plans',
  realms: '/admin/realms',
  keys: '/admin/keys',
} as const;

export type AdminPageName = keyof typeof ADMIN_PAGES;

/** The frame of the pages for operators: who is signed in, the menu, what was just done. */
export function AdminFrame(props: {
  visit: AdminVisit;
  page: AdminPageName;
  /** What the page is called, when not as in the menu. */
  title?: string;
  /** What was just done, in words. */
  said?: string | undefined;
  failed?: boolean;
  children: Child;
}) {
  const { visit, page, said, failed = false, children } = props;
  const { view } = visit;
  const title = props.title ?? view.text.admin.pages[page];
  return (
    <Frame
      view={view}
      title={title}
      kind="full"
      failed={failed}
      aside={<Who visit={visit} />}
      menu={<Menu visit={visit} current={page} />}
    >
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

/** A table that scrolls by itself where it is wider than the screen. */
export function Table({ label, head, children }: { label: string; head: Child; children: Child }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table is no set of fields
    <div class="table" role="group" aria-label={label} tabindex={0}>
      <table>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** The head of a column of numbers. */
export function NumberHead({ children }: { children: Child }) {
  return (
    <th scope="col" class="number">
      {children}
    </th>
  );
}

function Who({ visit }: { visit: AdminVisit }) {
  const { principal, realmId, user, view } = visit;
  // An owner in another realm is signed in at home.
  const path = (to: string) => (user.realmId === realmId ? view.link(to) : to);
  return (
    <div class="who">
      <Avatar user={user} small />
      <a class="name" href={path('/account')}>
        {user.name ?? user.username ?? user.email}
      </a>
      <span class="badge">{view.text.admin.roles[principal.role]}</span>
      <form method="post" action={path('/logout')}>
        <button type="submit" class="plain">
          {view.text.account.signOut}
        </button>
      </form>
    </div>
  );
}

function Menu({ visit: { view }, current }: { visit: AdminVisit; current: AdminPageName }) {
  const pages = Object.entries(ADMIN_PAGES) as [AdminPageName, string][];
  return (
    <nav class="menu" aria-label={view.text.admin.menu}>
      <ul>
        {pages.map(([page, path]) => (
          <li>
            <a href={view.link(path)} aria-current={page === current ? 'page' : undefined}>
              {view.text.admin.pages[page]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
