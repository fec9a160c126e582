import { deviceName, placeName } from './account-format.ts';
import { Panel, Time } from './account-frame.tsx';
import type { UserPart } from './admin-user.tsx';
import { Form, Hidden } from './form.tsx';

/** Where a user is signed in, and the end of that. */
export function SessionsPanel({ visit: { view }, seen: { sessions } }: UserPart) {
  const { account, admin } = view.text;
  const text = account.devices;
  return (
    <Panel id="sessions" title={admin.user.sessions(sessions.length)}>
      {sessions.length === 0 ? (
        <p class="soft">{admin.user.noSessions}</p>
      ) : (
        <ul class="rows">
          {sessions.map((row) => {
            const device = deviceName(view, row.user_agent);
            return (
              <li>
                <div>
                  <p>
                    <strong>{device}</strong>{' '}
                    {row.impersonator && <span class="badge">{admin.user.impersonated}</span>}
                  </p>
                  <p class="soft">{[placeName(view, row), row.ip].filter(Boolean).join(' · ')}</p>
                  <p class="soft">
                    {text.lastSeen}: <Time view={view} at={row.last_seen_at} />
                  </p>
                </div>
                <Form view={view} button={text.end} buttonLabel={text.endNamed(device)} look="plain">
                  <Hidden name="form" value="end_session" />
                  <Hidden name="session" value={row.id} />
                </Form>
              </li>
            );
          })}
        </ul>
      )}
      {sessions.length > 1 && (
        <Form view={view} button={admin.user.endAll} look="danger">
          <Hidden name="form" value="end_sessions" />
        </Form>
      )}
    </Panel>
  );
}

/** The accounts of providers that a user signs in with. */
export function IdentitiesPanel({ visit: { view }, seen: { identities } }: UserPart) {
  const { account, admin } = view.text;
  return (
    <Panel id="identities" title={account.identities.title}>
      {identities.length === 0 ? (
        <p class="soft">{admin.user.noIdentities}</p>
      ) : (
        <ul class="rows">
          {identities.map(({ provider, email, name, createdAt }) => (
            <li>
              <div>
                <p>
                  <strong>{provider}</strong>
                </p>
                <p class="soft">{[name, email].filter(Boolean).join(' · ')}</p>
              </div>
              <p class="soft">
                {account.identities.since} <Time view={view} at={createdAt} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
