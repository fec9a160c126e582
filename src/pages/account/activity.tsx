import type { ActivityType } from '../../directory/state.ts';
import { activityMessages } from '../../languages/messages.ts';
import { dateOf } from '../../lib/calendar.ts';
import { ActivityQuery } from '../../privacy/schemas.ts';
import { activityIcon } from '../kit/activity-icon.ts';
import { deviceName, formatDayHeading, placeName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes } from '../kit/page.ts';
import { Clock, EmptyState, Entry, Panel } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
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
      const days = [...Map.groupBy(rows, ({ at }) => dateOf(at))];
      return (
        <AccountFrame visit={visit} page="activity">
          <p class="soft">{text.text}</p>
          {rows.length === 0 && (
            <section class="panel" aria-label={text.title}>
              <EmptyState icon="history" title={text.none} />
            </section>
          )}
          <div data-days>
            {days.map(([date, entries]) => (
              <Panel id={`day-${date}`} title={formatDayHeading(view, date)}>
                <ul class="rows">
                  {entries.map((row) => (
                    <Entry
                      icon={<Icon name={activityIcon(row.type)} />}
                      name={text.types[row.type as ActivityType] ?? row.type}
                      about={[
                        [deviceName(view, row.userAgent), placeName(view, row), row.ip]
                          .filter(Boolean)
                          .join(' · '),
                      ]}
                    >
                      <p class="soft">
                        <Clock view={view} at={row.at} />
                      </p>
                    </Entry>
                  ))}
                </ul>
              </Panel>
            ))}
          </div>
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
