import type { UserRow } from '../../directory/tables.ts';
import type { Actor } from '../../http/service-authentication.ts';
import {
  adminMessages,
  dataMessages,
  kitMessages,
  userMessages,
  usersMessages,
} from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { DEFAULT_REALM } from '../../lib/realm.ts';
import { CopyButton } from '../kit/dialog.tsx';
import { Field, fieldsOf, Select } from '../kit/form.tsx';
import { Icon } from '../kit/icon.tsx';
import { refusedIn } from '../kit/page.ts';
import { Avatar, Badge, Entry, fullNameOf, Panel } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ActDialog } from './act-dialog.tsx';
import type { UserPanelProps } from './user-data.ts';
import { StatusBadge } from './users-table.tsx';

/** Who the user is, at a glance, and the way to act as them. */
export function UserSummary(panel: UserPanelProps) {
  const { visit, shown, user } = panel;
  const { view } = visit;
  const text = userMessages[view.language];
  const name = fullNameOf(user);
  return (
    <div class="panel facts">
      <Avatar user={user} />
      <div>
        {!isPlaceholder(user.email) && user.email !== name && <p>{user.email}</p>}
        <div class="acts">
          <StatusBadge view={view} status={user.status} />
          <Badge>{adminMessages[view.language].roles[user.role]}</Badge>
          <Badge look={user.emailVerified ? 'good' : undefined}>
            {user.emailVerified ? text.verified : text.unverified}
          </Badge>
        </div>
        <p class="soft">
          <code>{user.id}</code>{' '}
          <CopyButton view={view} text={user.id} label={usersMessages[view.language].copyId} />
        </p>
      </div>
      {mayActAs(panel) && (
        <ActDialog
          view={view}
          shown={shown}
          form="impersonate"
          open={text.actAs}
          title={text.actAsTitle(name)}
          text={text.actAsText}
          reason="needed"
        />
      )}
    </div>
  );
}

/** The token of who acts as the user, this once. */
export function ActingNotice({ view, user, token }: { view: View; user: UserRow; token: string }) {
  const text = userMessages[view.language];
  return (
    <section class="notice good" role="status" aria-labelledby="acting">
      <h2 id="acting">{text.acting(fullNameOf(user))}</h2>
      <p>{text.actingText}</p>
      <p>
        <code class="secret">{token}</code> <CopyButton view={view} text={token} />
      </p>
    </section>
  );
}

function mayActAs({ visit: { actor }, user }: UserPanelProps): boolean {
  return user.role === 'user' && user.status === 'active' && actor.id !== user.id;
}

/** The forms that the page does not show, and those that say nothing of themselves; a page that was opened earlier can still send one. */
export function hiddenForms(panel: UserPanelProps): string[] {
  const { visit, user } = panel;
  const isOwn = visit.actor.id === user.id;
  return [
    ...(isOwn ? ['status', 'role', 'verify', 'reset', 'reset_factors', 'delete'] : []),
    ...(user.emailVerified ? ['verify'] : []),
    ...(user.totpCount + user.passkeyCount > 0 ? [] : ['reset_factors']),
    ...(mayActAs(panel) ? [] : ['impersonate']),
    ...['end_session', 'end_sessions'],
  ];
}

/** The role of a user, and their ways in. */
export function AccessPanel({ visit, user, hasPassword, shown }: UserPanelProps) {
  const { actor, realmId, view } = visit;
  const text = userMessages[view.language];
  const { role: roleLabel } = usersMessages[view.language];
  const { email, password, notSet } = kitMessages[view.language];
  const isOwn = actor.id === user.id;
  const act = { view, shown };
  const factors = user.totpCount + user.passkeyCount;
  return (
    <Panel id="access" title={text.access}>
      {isOwn && <p class="soft">{text.ownAccount}</p>}
      <ul class="rows">
        <Entry
          icon={<Icon name="user" />}
          name={roleLabel}
          badge={<Badge>{adminMessages[view.language].roles[user.role]}</Badge>}
        >
          {!isOwn && (
            <ActDialog {...act} form="role" open={text.setRole}>
              <Select
                {...fieldsOf(refusedIn(shown, 'role'), { role: user.role })('role')}
                label={roleLabel}
                options={roleOptions(view, actor, realmId, user.role)}
              />
            </ActDialog>
          )}
        </Entry>
        <Entry
          icon={<Icon name="mail" />}
          name={email}
          badge={
            <Badge look={user.emailVerified ? 'good' : 'warn'}>
              {user.emailVerified ? text.verified : text.unverified}
            </Badge>
          }
          about={[isPlaceholder(user.email) ? notSet : user.email]}
        >
          {!isOwn && !user.emailVerified && (
            <ActDialog {...act} form="verify" open={text.verify} text={text.verifyHint} />
          )}
        </Entry>
        <Entry
          icon={<Icon name="lock" />}
          name={password}
          about={[hasPassword ? text.passwordSet : text.noPassword]}
        >
          {!isOwn && <ActDialog {...act} form="reset" open={text.reset} text={text.resetHint} />}
        </Entry>
        <Entry
          icon={<Icon name="shield-check" />}
          name={text.secondFactors}
          about={[text.factors(user.totpCount, user.passkeyCount)]}
        >
          {!isOwn && factors > 0 && (
            <ActDialog
              {...act}
              form="reset_factors"
              open={text.resetFactors}
              text={text.resetFactorsHint}
              look="danger"
              reason="never"
            />
          )}
        </Entry>
      </ul>
    </Panel>
  );
}

/** What takes a user their account: for a while, or for good. The operator types the address of who is deleted. */
export function DangerPanel({ visit, user, shown }: UserPanelProps) {
  const { actor, view } = visit;
  const text = userMessages[view.language];
  const isActive = user.status === 'active';
  const act = { view, shown };
  return (
    <Panel id="danger" title={text.danger}>
      {actor.id === user.id ? (
        <p class="soft">{text.ownAccount}</p>
      ) : (
        <ul class="rows">
          <Entry
            name={isActive ? text.suspend : text.reactivate}
            about={[isActive ? text.suspendHint : text.reactivateHint]}
          >
            <ActDialog
              {...act}
              form="status"
              open={isActive ? text.suspend : text.reactivate}
              title={(isActive ? text.suspendTitle : text.reactivateTitle)(fullNameOf(user))}
              text={isActive ? text.suspendHint : text.reactivateHint}
              look={isActive ? 'danger' : 'plain'}
              hidden={{ status: isActive ? 'suspended' : 'active' }}
            />
          </Entry>
          <Entry name={text.delete} about={[text.deleteHint]}>
            <ActDialog
              {...act}
              form="delete"
              open={text.deleteButton}
              title={text.deleteTitle(fullNameOf(user))}
              text={text.deleteHint}
              look="danger"
            >
              <Field
                {...fieldsOf(refusedIn(shown, 'delete'))('confirmation')}
                label={dataMessages[view.language].confirmation(user.email)}
                autocomplete="off"
                required
              />
            </ActDialog>
          </Entry>
        </ul>
      )}
    </Panel>
  );
}

/** The roles that an operator may give, and the one that the user has. Only owners give that of an owner, at home. */
export function roleOptions(
  view: View,
  actor: Actor,
  realmId: string,
  current?: string,
): [role: string, name: string][] {
  const mayMakeOwners = actor.role === 'owner' && realmId === DEFAULT_REALM;
  const roles = Object.entries(adminMessages[view.language].roles);
  return roles.filter(([role]) => role === current || role !== 'owner' || mayMakeOwners);
}
