import { ApiError } from '../errors.ts';
import { clientOf } from '../http/context.ts';
import { deviceName, placeName } from './account-format.ts';
import { ACCOUNT_PAGES, AccountFrame, Time } from './account-frame.tsx';
import { accountPage } from './account-page.tsx';
import type { AccountServices } from './account-visit.ts';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

/** The devices that are signed in, and their end. */
export function deviceRoutes(services: AccountServices) {
  const { sessions } = services;
  return accountPage(services, {
    path: ACCOUNT_PAGES.devices,
    forms: {
      end: {
        act: async (c, { principal }, { session = '' }) => {
          // One that has ended meanwhile is what was wanted.
          await sessions.revoke(principal.userId, session, clientOf(c)).catch(ignoreEnded);
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
    render: async (_, visit, { done }) => {
      const { principal, view } = visit;
      const text = view.text.account.devices;
      const rows = await sessions.list(principal.userId);
      const isCurrent = (row: SessionRow) => row.id === principal.sessionId;
      const sorted = [...rows.filter(isCurrent), ...rows.filter((row) => !isCurrent(row))];
      return (
        <AccountFrame visit={visit} page="devices" done={done}>
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={text.title}>
            <ul class="rows">
              {sorted.map((row) => (
                <Device view={view} row={row} isCurrent={isCurrent(row)} />
              ))}
            </ul>
          </section>
          {rows.length > 1 ? (
            <Form view={view} button={text.others} look="danger">
              <Hidden name="form" value="end_others" />
            </Form>
          ) : (
            <p class="soft">{text.none}</p>
          )}
        </AccountFrame>
      );
    },
  });
}

type SessionRow = Awaited<ReturnType<AccountServices['sessions']['list']>>[number];

function Device({ view, row, isCurrent }: { view: View; row: SessionRow; isCurrent: boolean }) {
  const text = view.text.account.devices;
  const device = deviceName(view, row.user_agent);
  return (
    <li>
      <div>
        <p>
          <strong>{device}</strong> {isCurrent && <span class="badge good">{text.current}</span>}
        </p>
        <p class="soft">{[placeName(view, row), row.ip].filter(Boolean).join(' · ')}</p>
        <p class="soft">
          {text.lastSeen}: <Time view={view} at={row.last_seen_at} />
        </p>
        <p class="soft">
          {text.signedIn}: <Time view={view} at={row.created_at} />
        </p>
      </div>
      {!isCurrent && (
        <Form view={view} button={text.end} buttonLabel={text.endNamed(device)} look="plain">
          <Hidden name="form" value="end" />
          <Hidden name="session" value={row.id} />
        </Form>
      )}
    </li>
  );
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'session_not_found')) throw error;
}
