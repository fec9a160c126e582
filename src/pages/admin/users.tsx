import type { UserAdmin } from '../../admin/users-service.ts';
import type { AppContext } from '../../http/context.ts';
import { usersMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { type FormProblem, formProblem } from '../kit/form-data.ts';
import { formatNumber } from '../kit/format.ts';
import { linkBack, type PageDefinition, pageRoutes, refusedIn } from '../kit/page.ts';
import { Pager } from '../kit/table.tsx';
import { show } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { bulkChangeOf, changeChosenUsers } from './users-bulk.ts';
import { BulkConfirmation } from './users-confirmation.tsx';
import { UserSearchForm, userSearchOf } from './users-search.tsx';
import { UserTable } from './users-table.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

/** Users who are named before all are changed. */
const NAMED = 10;

/** The users of a realm: searched, sorted, and several of them changed at once. */
export function adminUsersPageRoutes(services: AdminServices) {
  const { admin, planAdmin } = services;

  /** The users that were asked for; when the search is wrong, the first page of all, with what is wrong. */
  async function find(c: AppContext, { realmId, view }: AdminVisit) {
    const search = userSearchOf(c);
    const list = async (query: Parameters<UserAdmin['list']>[1], problem?: FormProblem) => ({
      search,
      query,
      page: await admin.users.list(realmId, query),
      problem,
    });
    try {
      return await list(search.parse());
    } catch (error) {
      return list(search.first(), formProblem(error, view.language));
    }
  }

  /** The first of them, as people know them. */
  function named({ realmId }: AdminVisit, ids: string[]): Promise<string[]> {
    return Promise.all(
      ids.slice(0, NAMED).map((userId) =>
        admin.users.get({ realmId, userId }).then(
          ({ user }) => (isPlaceholder(user.email) ? userId : user.email),
          () => userId,
        ),
      ),
    );
  }

  const page: PageDefinition<AdminVisit> = {
    path: ADMIN_PAGES.users,
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const text = usersMessages[view.language];
      const [{ search, query, page, problem }, plans] = await Promise.all([
        find(c, visit),
        planAdmin.list(realmId),
      ]);
      const refused = refusedIn(shown, 'bulk');
      const { done = '' } = shown;
      const said = Object.hasOwn(text.done, done) ? text.done[done]?.(countOf(c)) : undefined;
      const { cursor, ...filter } = search.fields;
      return (
        <AdminFrame
          visit={visit}
          page="users"
          shown={{ ...shown, said }}
          failed={Boolean(problem ?? refused)}
        >
          <UserSearchForm view={view} search={search} plans={plans} problem={problem} />
          <div class="between">
            <p>{text.found(page.total, formatNumber(view, page.total), page.totalIsExact)}</p>
            <a class="button" href={view.link(`${ADMIN_PAGES.users}/new`)}>
              {text.new}
            </a>
          </div>
          {page.rows.length > 0 && (
            <UserTable view={view} search={search} query={query} rows={page.rows} refused={refused} />
          )}
          <Pager
            view={view}
            path={ADMIN_PAGES.users}
            query={filter}
            isFirst={!cursor}
            next={page.nextCursor}
            label={text.paging}
            names={{ newest: text.first, older: text.next }}
          />
        </AdminFrame>
      );
    },
    forms: {
      bulk: {
        fresh: (_, { act = '' }) => ['verify', 'reset'].includes(act),
        names: { reason: 'bulk_reason' },
        act: async (c, visit, values) => {
          const change = bulkChangeOf(values);
          if (!change.isConfirmed) {
            const chosen = await named(visit, change.ids);
            const cancel = linkBack(c, visit, {});
            const question = (
              <BulkConfirmation visit={visit} change={change} chosen={chosen} cancel={cancel} />
            );
            return show(c, visit.view, question);
          }
          const { done, changed, failed } = await changeChosenUsers(services, visit, change);
          if (failed.length === 0)
            return c.redirect(linkBack(c, visit, { done, count: String(changed) }), 303);
          const problem = {
            summary: usersMessages[visit.view.language].partly(changed, failed.length),
            fields: Object.fromEntries(failed),
          };
          const again = await page.render(c, visit, { refused: { form: 'bulk', values, problem } });
          return show(c, visit.view, again, { status: 409 });
        },
      },
    },
  };
  return pageRoutes(adminArea(services), page);
}

/** How many users were changed, as the address says. */
function countOf(c: AppContext): number {
  return Number(/^\d{1,3}$/.exec(c.req.query('count') ?? '')?.[0] ?? 1);
}
