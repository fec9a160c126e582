import type { UserAdmin } from '../admin/users-service.ts';
import type { AppContext } from '../http/context.ts';
import { refusedIn } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame } from './admin-frame.tsx';
import { type AdminForm, adminPage, backTo } from './admin-page.ts';
import { bulkAct } from './admin-users-bulk.ts';
import { type UserSearch, UserSearchForm, userSearchOf } from './admin-users-search.tsx';
import { UserTable } from './admin-users-table.tsx';
import type { AdminServices, AdminVisit } from './admin-visit.ts';
import { type Problem, problemOf } from './form.tsx';
import { show } from './view.ts';

/** A page of users. */
export type UserPage = Awaited<ReturnType<UserAdmin['list']>>;

/** The users of a realm: searched, sorted, and several of them changed at once. */
export function userListRoutes(services: AdminServices) {
  const { admin, planAdmin } = services;

  /** What was asked for; the first page of all when it cannot be, with what is wrong. */
  async function find(c: AppContext, { realmId, view }: AdminVisit) {
    const search = userSearchOf(c);
    try {
      const query = search.parse();
      return { search, query, page: await admin.users.list(realmId, query), problem: undefined };
    } catch (error) {
      const problem: Problem = problemOf(error, view.text);
      const query = search.first();
      return { search, query, page: await admin.users.list(realmId, query), problem };
    }
  }

  const render: Parameters<typeof adminPage>[1]['render'] = async (c, visit, shown) => {
    const { realmId, view } = visit;
    const text = view.text.admin.users;
    const [{ search, query, page, problem }, plans] = await Promise.all([
      find(c, visit),
      planAdmin.list(realmId),
    ]);
    const refused = refusedIn(shown, 'bulk');
    const { done = '' } = shown;
    const said = Object.hasOwn(text.done, done) ? text.done[done]?.(countOf(c)) : undefined;
    return (
      <AdminFrame visit={visit} page="users" said={said} failed={Boolean(problem ?? refused)}>
        <UserSearchForm view={view} search={search} plans={plans} problem={problem} />
        <div class="between">
          <p>{text.found(page.total, page.totalIsExact)}</p>
          <a class="button" href={view.link(`${ADMIN_PAGES.users}/new`)}>
            {text.new}
          </a>
        </div>
        {page.rows.length > 0 && (
          <UserTable view={view} search={search} query={query} page={page} refused={refused} />
        )}
        <Onward visit={visit} search={search} page={page} />
      </AdminFrame>
    );
  };

  const bulk: AdminForm = {
    names: { reason: 'bulk_reason' },
    act: async (c, visit, values) => {
      const { done, changed, failed } = await bulkAct(services, visit, values);
      if (failed.length === 0) return backTo(c, visit, { done, count: String(changed) });
      const problem: Problem = {
        summary: visit.view.text.admin.users.partly(changed, failed.length),
        fields: Object.fromEntries(failed),
      };
      return show(c, visit.view, await render(c, visit, { refused: { form: 'bulk', values, problem } }), {
        status: 409,
      });
    },
  };

  return adminPage(services, { path: ADMIN_PAGES.users, render, forms: { bulk } });
}

function Onward(props: { visit: AdminVisit; search: UserSearch; page: UserPage }) {
  const { visit, search, page } = props;
  const text = visit.view.text.admin.users;
  const { cursor } = search.fields;
  if (!cursor && !page.nextCursor) return null;
  return (
    <nav class="pages" aria-label={text.paging}>
      {cursor && <a href={search.link(visit.view, { cursor: '' })}>{text.first}</a>}
      {page.nextCursor && (
        <a href={search.link(visit.view, { cursor: page.nextCursor })} rel="next">
          {text.next}
        </a>
      )}
    </nav>
  );
}

/** How many were changed, as the address of the page says after it. */
function countOf(c: AppContext): number {
  return Number(/^\d{1,3}$/.exec(c.req.query('count') ?? '')?.[0] ?? 1);
}
