import type { Child } from 'hono/jsx';
import { adminMessages, kitMessages } from '../../languages/messages.ts';
import { issuerOf } from '../../lib/realm.ts';
import { ConfirmDialog } from '../kit/dialog.tsx';
import { Field, fieldsOf } from '../kit/form.tsx';
import type { RefusedForm } from '../kit/form-data.ts';
import { MenuFrame } from '../kit/frame.tsx';
import { Icon } from '../kit/icon.tsx';
import type { IconName } from '../kit/icon-names.ts';
import type { Shown } from '../kit/page.ts';
import { Badge, EmptyState } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { AdminVisit } from './visit.ts';

/** The paths of the pages for operators, in the order of their menu. */
export const ADMIN_PAGES = {
  overview: '/admin',
  users: '/admin/users',
  organizations: '/admin/organizations',
  activity: '/admin/activity',
  mail: '/admin/mail',
  billing: '/admin/billing',
  plans: '/admin/plans',
  realms: '/admin/realms',
  keys: '/admin/keys',
  clients: '/admin/clients',
  resources: '/admin/resources',
  webhooks: '/admin/webhooks',
} as const;

/** The page that finds users, organizations and other pages: it is in no menu, but in the head of every page. */
export const ADMIN_SEARCH = '/admin/search';

type AdminPageName = keyof typeof ADMIN_PAGES;

/** What stands beside each page in the menu. */
export const PAGE_ICONS: Record<AdminPageName, IconName> = {
  overview: 'layout-dashboard',
  users: 'user',
  organizations: 'users',
  activity: 'history',
  mail: 'mail',
  billing: 'credit-card',
  plans: 'layers',
  realms: 'globe',
  keys: 'key-round',
  clients: 'box',
  resources: 'server',
  webhooks: 'webhook',
};
/** The pages with which a group of the menu begins. */
const GROUPS: AdminPageName[] = ['billing', 'realms'];

/** The frame of the pages for operators: who is signed in, the menu, and what was just done. */
export function AdminFrame(props: {
  visit: AdminVisit;
  /** Its entry in the menu; a page that has none says what it is called. */
  page: AdminPageName | null;
  title?: string;
  /** Stands beside the headline. */
  act?: Child;
  shown?: Shown;
  /** Whether something else went wrong than a form. */
  failed?: boolean;
  children: Child;
}) {
  const { visit, page, shown = {}, failed = shown.refused !== undefined, children } = props;
  const { principal, realmId, user, view } = visit;
  const text = adminMessages[view.language];
  const pages = Object.entries(ADMIN_PAGES) as [AdminPageName, string][];
  // An owner in another realm is signed in at home.
  const own = (path: string) => (user.realmId === realmId ? view.link(path) : path);
  return (
    <MenuFrame
      visit={visit}
      title={props.title ?? (page === null ? text.menu : text.pages[page])}
      kind="full"
      act={props.act}
      menu={{
        label: text.menu,
        pages: pages.map(([name, path]) => ({
          href: view.link(path),
          name: text.pages[name],
          icon: PAGE_ICONS[name],
          startsGroup: GROUPS.includes(name),
          isCurrent: name === page,
        })),
      }}
      name={user.name ?? user.username ?? user.email}
      badge={<Badge>{text.roles[principal.role]}</Badge>}
      elsewhere={[{ href: own('/account'), name: text.account, icon: 'user' }]}
      signOut={own('/logout')}
      said={shown.said}
      failed={failed}
      slot={
        <>
          <RealmSwitch visit={visit} page={page} />
          <a class="button plain small finder" href={view.link(ADMIN_SEARCH)} data-dialog="palette">
            <Icon name="search" />
            <span class="name">{text.search}</span>
            <span class="key scripted" aria-hidden="true">
              ⌘K
            </span>
          </a>
        </>
      }
    >
      {children}
      <Palette view={view} />
    </MenuFrame>
  );
}

/** The realm that the pages are about, and the ways to the same page of another; nothing for who has only one. */
function RealmSwitch({ visit, page }: { visit: AdminVisit; page: AdminPageName | null }) {
  const { realmId, realms, view } = visit;
  const text = adminMessages[view.language];
  if (realms.length < 2) return null;
  const path = ADMIN_PAGES[page ?? 'overview'];
  return (
    <div class="switch">
      <button type="button" class="ghost" popovertarget="switch">
        <span class="hidden">{text.realm}: </span>
        <span class="name">{view.realm.name}</span>
        <Icon name="chevron-down" />
      </button>
      <nav id="switch" popover="auto" aria-label={text.pages.realms}>
        {realms.map(({ id, name }) => (
          <a class="item" href={adminOf(id, path)} aria-current={id === realmId ? 'true' : undefined}>
            <Icon name="globe" />
            {name}
          </a>
        ))}
        <a class="item" href={view.link(ADMIN_PAGES.realms)}>
          <Icon name="sliders-horizontal" />
          {text.allRealms}
        </a>
      </nav>
    </div>
  );
}

/** A page of the dashboard of another realm. */
export function adminOf(realmId: string, path: string): string {
  return new URL(issuerOf('https://latchkey.invalid', realmId) + path).pathname;
}

/** What the page of the search finds, in a dialog, for who has scripts: the button leads to that page otherwise. */
function Palette({ view }: { view: View }) {
  const text = adminMessages[view.language];
  return (
    <dialog id="palette" aria-label={text.search}>
      <form method="get" action={view.link(ADMIN_SEARCH)}>
        <Icon name="search" />
        <input
          name="q"
          type="search"
          role="combobox"
          aria-label={text.search}
          aria-expanded="true"
          aria-controls="palette-found"
          aria-autocomplete="list"
          placeholder={text.searchHint}
          maxlength={100}
          autocomplete="off"
          autofocus
        />
      </form>
      <div id="palette-found" role="listbox" aria-label={text.found} />
      <p aria-live="polite" data-none={text.nothing} />
    </dialog>
  );
}

/** Leads back to the list that a page belongs to. */
export function BackLink({ visit: { view }, page }: { visit: AdminVisit; page: AdminPageName }) {
  return (
    <p>
      <a href={view.link(ADMIN_PAGES[page])}>{adminMessages[view.language].back}</a>
    </p>
  );
}

/** The button beside the headline of a list, and its dialog with the form that makes an entry. */
export function NewEntryDialog(props: {
  view: View;
  form: string;
  refused: RefusedForm | undefined;
  open: string;
  button: string;
  children: Child;
}) {
  const { view, form, refused, open, button, children } = props;
  return (
    <ConfirmDialog
      view={view}
      id={form}
      title={open}
      open={open}
      look="main"
      isWide
      form={form}
      button={button}
      problem={refused?.problem}
    >
      {children}
    </ConfirmDialog>
  );
}

/** The fields of an entry that has an id and a name. */
export function NewEntryFields(props: {
  refused: RefusedForm | undefined;
  text: { id: string; idHint: string; name: string };
}) {
  const { refused, text } = props;
  const field = fieldsOf(refused);
  return (
    <div class="pair">
      <Field {...field('id')} label={text.id} hint={text.idHint} required maxlength={40} autocomplete="off" />
      <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="off" />
    </div>
  );
}

/** What stands in place of a list that is empty. */
export function NothingYet({ view, page }: { view: View; page: AdminPageName }) {
  return (
    <section class="panel" aria-label={adminMessages[view.language].pages[page]}>
      <EmptyState icon={PAGE_ICONS[page]} title={kitMessages[view.language].none} />
    </section>
  );
}
