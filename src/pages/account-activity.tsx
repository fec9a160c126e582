import type { ActivityType } from '../directory/state.ts';
import { ActivityQuery } from '../privacy/schemas.ts';
import type { ActivityRow } from '../privacy/service.ts';
import { deviceName, placeName } from './account-format.ts';
import { ACCOUNT_PAGES, AccountFrame, Time } from './account-frame.tsx';
import { accountPage } from './account-page.tsx';
import type { AccountServices } from './account-visit.ts';
import type { View } from './view.ts';

const PER_PAGE = 25;

/** What happened in an account, newest first. */
export function activityRoutes(services: AccountServices) {
  return accountPage(services, {
    path: ACCOUNT_PAGES.activity,
    render: async (c, visit) => {
      const { principal, view } = visit;
      const text = view.text.account.activity;
      // A cursor that was made up shows the newest.
      const cursor = ActivityQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
      const { userId, bookmark } = principal;
      const { rows, nextCursor } = await services.privacy.activity(userId, {
        limit: PER_PAGE,
        cursor,
        bookmark,
      });
      return (
        <AccountFrame visit={visit} page="activity">
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={text.title}>
            {rows.length > 0 ? (
              <ul class="rows">
                {rows.map((row) => (
                  <Entry view={view} row={row} />
                ))}
              </ul>
            ) : (
              <p class="soft">{text.none}</p>
            )}
          </section>
          {(nextCursor || cursor) && (
            <nav class="pages" aria-label={text.title}>
              {cursor && <a href={view.link(ACCOUNT_PAGES.activity)}>{text.newest}</a>}
              {nextCursor && (
                <a href={view.link(ACCOUNT_PAGES.activity, { cursor: nextCursor })} rel="next">
                  {text.older}
                </a>
              )}
            </nav>
          )}
        </AccountFrame>
      );
    },
  });
}

function Entry({ view, row }: { view: View; row: ActivityRow }) {
  const where = [placeName(view, row), row.ip].filter(Boolean).join(' · ');
  return (
    <li>
      <div>
        <p>
          <strong>{view.text.account.activity.types[row.type as ActivityType] ?? row.type}</strong>
        </p>
        <p class="soft">{[deviceName(view, row.userAgent), where].filter(Boolean).join(' · ')}</p>
      </div>
      <p class="soft">
        <Time view={view} at={row.at} />
      </p>
    </li>
  );
}
