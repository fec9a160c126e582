import type { Child } from 'hono/jsx';
import { UserQuery } from '../../admin/users-schemas.ts';
import { adminMessages, usersMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { Icon } from '../kit/icon.tsx';
import type { IconName } from '../kit/icon-names.ts';
import { pageRoutes } from '../kit/page.ts';
import { Avatar, fullNameOf } from '../kit/panel.tsx';
import { DIALOG_PARAMETER } from '../kit/view.ts';
import { ADMIN_PAGES, ADMIN_SEARCH, AdminFrame, adminOf, PAGE_ICONS } from './frame.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

/** Entries of each kind that are found. */
const FOUND = 6;

/** Something that was found, and where it is. */
interface Found {
  href: string;
  icon: Child;
  name: string;
  about?: string | undefined;
}

/**
 * Finds users, organizations, realms, pages and what can be done, in what the operator may see. The page shows what was found, and so does the
 * dialog that a script fills from it.
 */
export function adminSearchPageRoutes(services: AdminServices) {
  return pageRoutes(adminArea(services), {
    path: ADMIN_SEARCH,
    render: async (c, visit) => {
      const { view } = visit;
      const text = adminMessages[view.language];
      const q = (c.req.query('q') ?? '').trim().slice(0, 100);
      const groups = await find(services, visit, q);
      return (
        <AdminFrame visit={visit} page={null} title={text.search}>
          <form class="filters" method="get" action={view.link(ADMIN_SEARCH)}>
            <input
              type="search"
              name="q"
              value={q}
              aria-label={text.search}
              placeholder={text.searchHint}
              maxlength={100}
              autofocus
            />
            <button type="submit">{text.search}</button>
          </form>
          <div class="panel" data-found>
            {groups.map(([name, found]) => (
              <section>
                <h2>{name}</h2>
                {found.map((one) => (
                  <a class="item" href={one.href}>
                    {one.icon}
                    <span>{one.name}</span>
                    {one.about && <span class="soft">{one.about}</span>}
                  </a>
                ))}
              </section>
            ))}
            {groups.length === 0 && <p class="soft">{text.nothing}</p>}
          </div>
        </AdminFrame>
      );
    },
  });
}

/** What was found of each kind that has anything; for no text at all the pages and what can be done. */
async function find(
  { admin, organizationAdmin }: AdminServices,
  { realmId, realms, view }: AdminVisit,
  q: string,
): Promise<[kind: string, found: Found[]][]> {
  const text = adminMessages[view.language];
  // A text that no search takes finds nobody.
  const query = q === '' ? undefined : UserQuery.safeParse({ q, limit: FOUND }).data;
  const [users, organizations] = await Promise.all([
    query ? admin.users.list(realmId, query) : { rows: [] },
    query ? organizationAdmin.list(realmId, { q, after: null, limit: FOUND }) : { rows: [] },
  ]);
  const fits = (name: string) => name.toLocaleLowerCase().includes(q.toLocaleLowerCase());
  const of = (icon: IconName, name: string, href: string): Found => ({
    href,
    icon: <Icon name={icon} />,
    name,
  });
  const others = realms.filter(({ id, name }) => id !== realmId && q !== '' && (fits(id) || fits(name)));
  const dialogOn = (path: string, dialog: string) =>
    `${view.link(path, { [DIALOG_PARAMETER]: dialog })}#${dialog}`;
  const acts: [name: string, path: string][] = [
    [usersMessages[view.language].new, view.link(`${ADMIN_PAGES.users}/new`)],
    [text.newOrganization, dialogOn(ADMIN_PAGES.organizations, 'create')],
    [text.newPlan, dialogOn(ADMIN_PAGES.plans, 'add')],
    [text.newKey, dialogOn(ADMIN_PAGES.keys, 'create')],
    [text.newClient, dialogOn(ADMIN_PAGES.clients, 'create')],
    [text.newWebhook, dialogOn(ADMIN_PAGES.webhooks, 'create')],
  ];
  const pages = Object.entries(ADMIN_PAGES) as [keyof typeof ADMIN_PAGES, string][];
  const groups: [string, Found[]][] = [
    [
      text.pages.users,
      users.rows.map((user) => ({
        href: view.link(`${ADMIN_PAGES.users}/${user.id}`),
        icon: <Avatar user={user} small />,
        name: fullNameOf(user),
        about: isPlaceholder(user.email) || fullNameOf(user) === user.email ? undefined : user.email,
      })),
    ],
    [
      text.pages.organizations,
      organizations.rows.map(({ id, name, slug }) => ({
        ...of('users', name, view.link(`${ADMIN_PAGES.organizations}/${id}`)),
        about: slug,
      })),
    ],
    [
      text.pages.realms,
      others.slice(0, FOUND).map(({ id, name }) => of('globe', name, adminOf(id, ADMIN_PAGES.overview))),
    ],
    [
      text.menu,
      pages
        .map(([page, path]) => of(PAGE_ICONS[page], text.pages[page], view.link(path)))
        .filter(({ name }) => fits(name)),
    ],
    [text.acts, acts.map(([name, path]) => of('plus', name, path)).filter(({ name }) => fits(name))],
  ];
  return groups.filter(([, found]) => found.length > 0);
}
