import type { Child } from 'hono/jsx';
import { ApiError } from '../../errors.ts';

import { clientOf } from '../../http/context.ts';
import { devicesMessages } from '../../languages/messages.ts';
import { ConfirmDialog } from '../kit/dialog.tsx';
import { Form } from '../kit/form.tsx';
import { deviceName, placeName } from '../kit/format.ts';
import { pageRoutes } from '../kit/page.ts';
import { Badge, DeviceIcon, Entry, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** The devices on which a user is signed in. */
export function devicesPageRoutes(services: AccountServices) {
  const { sessions } = services;
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.devices,
    messages: devicesMessages,
    forms: {
      end: {
        act: async (c, { principal }, { session = '' }) => {
          await sessions.revoke(principal.userId, session, clientOf(c)).catch(ignoreEndedSession);
          return 'session_ended';
        },
      },
      end_others: {
        act: async (c, { principal }) => {
          await sessions.revokeOthers(principal.userId, principal.sessionId, clientOf(c));
          return 'others_ended';
        },
      },
    },
    render: async (_, visit, shown) => {
      const { principal, view } = visit;
      const text = devicesMessages[view.language];
      // What apps have stands on a page of its own.
      const rows = (await sessions.list(principal.userId)).filter((row) => row.client_id === null);
      const isCurrent = (row: SessionRow) => row.id === principal.sessionId;
      const sorted = [...rows.filter(isCurrent), ...rows.filter((row) => !isCurrent(row))];
      return (
        <AccountFrame visit={visit} page="devices" shown={shown}>
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={text.title}>
            <ul class="rows">
              {sorted.map((row) => (
                <SessionEntry
                  view={view}
                  row={row}
                  badge={isCurrent(row) && <Badge look="good">{text.current}</Badge>}
                  showsStart
                  endForm={isCurrent(row) ? undefined : 'end'}
                />
              ))}
            </ul>
          </section>
          {rows.length > 1 ? (
            <ConfirmDialog
              view={view}
              id="end-others"
              title={text.othersTitle}
              text={text.othersText}
              open={text.others}
              form="end_others"
              hidden={{}}
              button={text.othersGo}
            />
          ) : (
            <p class="soft">{text.none}</p>
          )}
        </AccountFrame>
      );
    },
  });
}

type SessionRow = Awaited<ReturnType<AccountServices['sessions']['list']>>[number];

/** A session, named by its device, with the form that ends it. */
export function SessionEntry(props: {
  view: View;
  row: SessionRow;
  badge: Child;
  /** Whether it says when the user signed in. */
  showsStart?: boolean;
  endForm: string | undefined;
}) {
  const { view, row, badge, showsStart, endForm } = props;
  const text = devicesMessages[view.language];
  const device = deviceName(view, row.user_agent);
  const about = [
    [placeName(view, row), row.ip].filter(Boolean).join(' · '),
    <>
      {text.lastSeen} <Time view={view} at={row.last_seen_at} ago />
    </>,
    showsStart && (
      <>
        {text.signedIn} <Time view={view} at={row.created_at} ago />
      </>
    ),
  ];
  return (
    <Entry icon={<DeviceIcon userAgent={row.user_agent} />} name={device} badge={badge} about={about}>
      {endForm && (
        <Form
          view={view}
          name={endForm}
          hidden={{ session: row.id }}
          button={text.end}
          buttonLabel={text.endNamed(device)}
          look="plain"
        />
      )}
    </Entry>
  );
}

/** Ignores that a session has ended already: its end is what was wanted. */
export function ignoreEndedSession(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'session_not_found')) throw error;
}
