import type { UserAdmin } from '../../admin/users-service.ts';
import { fieldError } from '../../errors.ts';
import type { AppContext } from '../../http/context.ts';
import { usersMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { type FormProblem, formProblem } from '../kit/form-data.ts';
import { formatNumber } from '../kit/format.ts';
import { linkBack, type PageDefinition, pageRoutes, refusedIn } from '../kit/page.ts';
import { Pager } from '../kit/table.tsx';
import { show } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { bulkChangeOf, changeChosenUsers, MOST, MOST_OF_RESULT } from './users-bulk.ts';
import { BulkConfirmation, BulkProgress } from './users-confirmation.tsx';
import { SavedFilters, UserSearchForm, userSearchOf } from './users-search.tsx';
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

  /** Those who are found, from the newest on, or from where a change of them goes on. Throws `validation_failed`. */
  function found(c: AppContext, { realmId }: AdminVisit, after: string | undefined) {
    const query = { ...userSearchOf(c).parse(), sort: 'created_at', order: 'desc', limit: MOST } as const;
    return admin.users.list(realmId, { ...query, page: undefined, cursor: after });
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
          act={
            <a class="button" href={view.link(`${ADMIN_PAGES.users}/new`)}>
              {text.new}
            </a>
          }
          shown={{ ...shown, said }}
          failed={Boolean(problem ?? refused)}
        >
          <UserSearchForm view={view} search={search} plans={plans} problem={problem} />
          <div class="between">
            <p>{text.found(page.total, formatNumber(view, page.total), page.totalIsExact)}</p>
            <p class="buttons">
              <SavedFilters view={view} search={search} />
            </p>
          </div>
          {page.rows.length > 0 && (
            <UserTable view={view} search={search} query={query} page={page} refused={refused} />
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
          const isResult = change.all === 'result';
          const list = isResult
            ? await found(c, visit, change.after)
            : change.all === 'page'
              ? (await find(c, visit)).page
              : { rows: [], total: 0, totalIsExact: true, nextCursor: null };
          const ids = isResult
            ? list.rows.map(({ id }) => id)
            : [...new Set([...change.ids, ...list.rows.map(({ id }) => id)])];
          const count = isResult ? list.total : ids.length;
          if (count === 0) throw fieldError('act', 'nobody_chosen', 'Nobody is chosen');
          if (isResult && !(list.totalIsExact && count <= MOST_OF_RESULT)) {
            throw fieldError('act', 'too_many', `At most ${MOST_OF_RESULT}`);
          }
          const cancel = linkBack(c, visit, {});
          // Of how many it was said: who ticks another box in another tab, or finds more by now, is asked again.
          if (change.confirmed !== count && !(isResult && change.after && change.confirmed !== null)) {
            const chosen = await named(visit, ids);
            const asked = { ...change, ids };
            const question = (
              <BulkConfirmation visit={visit} change={asked} count={count} chosen={chosen} cancel={cancel} />
            );
            return show(c, visit.view, question);
          }
          const { done, changed, failed } = await changeChosenUsers(services, visit, { ...change, ids });
          if (isResult) {
            const soFar = {
              ...change,
              changed: change.changed + changed,
              failed: change.failed + failed.length,
              after: list.nextCursor ?? undefined,
            };
            if (list.nextCursor) {
              const why = failed.map(([, text]) => text);
              const progress = <BulkProgress visit={visit} change={soFar} failed={why} cancel={cancel} />;
              return show(c, visit.view, progress);
            }
            if (failed.length === 0 || soFar.changed > changed) {
              return c.redirect(linkBack(c, visit, { done, count: String(soFar.changed) }), 303);
            }
          }
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
  return Number(/^\d{1,4}$/.exec(c.req.query('count') ?? '')?.[0] ?? 1);
}
