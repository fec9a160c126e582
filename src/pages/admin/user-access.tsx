import type { Actor } from '../../http/service-authentication.ts';
import {
  adminMessages,
  dataMessages,
  kitMessages,
  userMessages,
  usersMessages,
} from '../../languages/messages.ts';
import { DEFAULT_REALM } from '../../lib/realm.ts';
import { CopyButton } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Avatar, Badge, DescriptionList, Panel, Time, TimeOr } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { UserPanelProps } from './user-data.ts';
import { StatusBadge } from './users-table.tsx';

/** Who the user is, at a glance. */
export function UserSummary({ visit: { view }, data: { user, hasPassword } }: UserPanelProps) {
  const text = userMessages[view.language];
  const { columns } = usersMessages[view.language];
  const { never } = kitMessages[view.language];
  return (
    <section class="panel facts" aria-label={text.facts}>
      <Avatar user={user} />
      <div>
        <p>
          <strong>{user.email}</strong>
        </p>
        <p class="acts">
          <StatusBadge view={view} status={user.status} />
          <Badge>{adminMessages[view.language].roles[user.role]}</Badge>
          <Badge look={user.emailVerified ? 'good' : undefined}>
            {user.emailVerified ? text.verified : text.unverified}
          </Badge>
          {!hasPassword && <Badge>{text.noPassword}</Badge>}
        </p>
        <DescriptionList
          look="pairs"
          entries={[
            [
              text.id,
              <>
                <code>{user.id}</code> <CopyButton view={view} text={user.id} />
              </>,
            ],
            [columns.created_at, <Time view={view} at={user.createdAt} />],
            [columns.last_login_at, <TimeOr view={view} at={user.lastLoginAt} none={never} ago />],
            [
              text.lastActive,
              <TimeOr
                view={view}
                at={user.lastActiveOn === null ? null : Date.parse(user.lastActiveOn)}
                none={never}
                day
              />,
            ],
          ]}
        />
      </div>
    </section>
  );
}

/** The forms that nobody sees on their own page; a page that was opened earlier can still send one. */
const FOR_OTHERS = ['status', 'role', 'verify', 'reset', 'reset_factors', 'delete'];

/** The status and role of a user, and their ways in. */
export function AccessPanel(panel: UserPanelProps) {
  const { visit, data, shown } = panel;
  const { actor, realmId, view } = visit;
  const { user } = data;
  const text = userMessages[view.language];
  const { reason } = adminMessages[view.language];
  const role = refusedIn(shown, 'role');
  const isActive = user.status === 'active';
  if (actor.id === user.id) {
    return (
      <Panel id="access" title={text.access}>
        {shown.refused && FOR_OTHERS.includes(shown.refused.form) && (
          <Alert>{shown.refused.problem.summary}</Alert>
        )}
        <p class="soft">{text.ownAccount}</p>
      </Panel>
    );
  }
  const field = fieldsOf(role, { role: user.role });
  return (
    <Panel id="access" title={text.access}>
      <ActionForm
        {...panel}
        form="status"
        button={isActive ? text.suspend : text.reactivate}
        hint={isActive ? text.suspendHint : text.reactivateHint}
        look={isActive ? 'danger' : undefined}
        hidden={{ status: isActive ? 'suspended' : 'active' }}
      />
      <hr />
      <Form view={view} name="role" problem={role?.problem} button={text.setRole} look="plain">
        <div class="pair">
          <Select
            {...field('role')}
            label={usersMessages[view.language].role}
            options={roleOptions(view, actor, realmId, user.role)}
          />
          <Field {...field('role_reason')} label={reason} maxlength={500} />
        </div>
      </Form>
      {!user.emailVerified && (
        <>
          <hr />
          <ActionForm {...panel} form="verify" button={text.verify} hint={text.verifyHint} />
        </>
      )}
      <hr />
      <ActionForm {...panel} form="reset" button={text.reset} hint={text.resetHint} />
      <hr />
      <p>{text.factors(user.totpCount, user.passkeyCount)}</p>
      {user.totpCount + user.passkeyCount > 0 && (
        <ActionForm
          {...panel}
          form="reset_factors"
          button={text.resetFactors}
          hint={text.resetFactorsHint}
          look="danger"
        />
      )}
    </Panel>
  );
}

/** Deletes a user, when the operator types the address of the user. */
export function DeletePanel({ visit, data: { user }, shown }: UserPanelProps) {
  const { actor, view } = visit;
  const text = userMessages[view.language];
  if (actor.id === user.id) return null;
  const refused = refusedIn(shown, 'delete');
  const field = fieldsOf(refused);
  return (
    <Panel id="delete" title={text.delete}>
      <p>{text.deleteHint}</p>
      <Form view={view} name="delete" problem={refused?.problem} button={text.deleteButton} look="danger">
        <Field
          {...field('confirmation')}
          label={dataMessages[view.language].confirmation(user.email)}
          autocomplete="off"
          required
        />
        <Field {...field('delete_reason')} label={adminMessages[view.language].reason} maxlength={500} />
      </Form>
    </Panel>
  );
}

/** Why it is done, of a form. */
export function ReasonField(props: { view: View; name: string; form: string; shown: Shown }) {
  const { view, name, form, shown } = props;
  const field = fieldsOf(refusedIn(shown, form));
  return <Field {...field(name)} label={adminMessages[view.language].reason} maxlength={500} />;
}

/** A button that does one thing, with a reason. */
export function ActionForm(
  props: Pick<UserPanelProps, 'visit' | 'shown'> & {
    form: string;
    button: string;
    hint: string;
    look?: 'danger' | undefined;
    hidden?: Record<string, string>;
  },
) {
  const { visit, shown, form, button, hint, look = 'plain', hidden = {} } = props;
  const { view } = visit;
  const refused = refusedIn(shown, form);
  const field = fieldsOf(refused);
  return (
    <Form view={view} name={form} hidden={hidden} problem={refused?.problem} button={button} look={look}>
      <p class="hint">{hint}</p>
      <Field {...field(`${form}_reason`)} label={adminMessages[view.language].reason} maxlength={500} />
    </Form>
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
