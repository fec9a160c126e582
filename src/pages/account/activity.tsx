import type { ActivityType } from '../../directory/state.ts';
import { ActivityQuery } from '../../privacy/schemas.ts';
import { deviceName, placeName } from '../kit/format.ts';
import { pageRoutes } from '../kit/page.ts';
import { Entries, Entry, Time } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
import { activityMessages } from './activity-messages.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

const PER_PAGE = 25;

/** What happened in an account, newest first. */
export function activityPageRoutes(services: AccountServices) {
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.activity,
    render: async (c, visit) => {
      const { principal, view } = visit;
      const text = activityMessages[view.language];
      // A cursor that was made up shows the newest.
      const cursor = ActivityQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
      const query = { limit: PER_PAGE, cursor };
      const { rows, nextCursor } = await services.privacy.activity(principal.userId, query);
      const entries = rows.map((row) => (
        <Entry
          name={text.types[row.type as ActivityType] ?? row.type}
          about={[
            [deviceName(view, row.userAgent), placeName(view, row), row.ip].filter(Boolean).join(' · '),
          ]}
        >
          <p class="soft">
            <Time view={view} at={row.at} />
          </p>
        </Entry>
      ));
      return (
        <AccountFrame visit={visit} page="activity">
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={text.title}>
            <Entries entries={entries} none={text.none} />
          </section>
          <Pager
            view={view}
            label={text.title}
            path={ACCOUNT_PAGES.activity}
            isFirst={!cursor}
            next={nextCursor}
          />
        </AccountFrame>
      );
    },
  });
}
