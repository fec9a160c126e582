import { Avatar, Panel, Time } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import type { UserPart } from './admin-user.tsx';
import { Day, StatusBadge } from './admin-users-table.tsx';
import { Field, Form, Hidden, Select } from './form.tsx';

/** Who this is, at a glance. */
export function Facts({ visit: { view }, seen: { user, hasPassword } }: UserPart) {
  const { roles, user: text, users } = view.text.admin;
  return (
    <section class="panel facts" aria-label={text.facts}>
      <Avatar user={user} />
      <div>
        <p>
          <strong>{user.email}</strong>
        </p>
        <p class="acts">
          <StatusBadge view={view} status={user.status} />
          <span class="badge">{roles[user.role]}</span>
          <span class={user.emailVerified ? 'badge good' : 'badge'}>
            {user.emailVerified ? text.verified : text.unverified}
          </span>
          {!hasPassword && <span class="badge">{text.noPassword}</span>}
        </p>
        <dl class="pairs">
          <div>
            <dt>{text.id}</dt>
            <dd>
              <code>{user.id}</code>
            </dd>
          </div>
          <div>
            <dt>{users.columns.created_at}</dt>
            <dd>
              <Time view={view} at={user.createdAt} />
            </dd>
          </div>
          <div>
            <dt>{users.columns.last_login_at}</dt>
            <dd>{user.lastLoginAt === null ? users.never : <Time view={view} at={user.lastLoginAt} />}</dd>
          </div>
          <div>
            <dt>{text.lastActive}</dt>
            <dd>
              {user.lastActiveOn === null ? (
                users.never
              ) : (
                <Day view={view} at={Date.parse(user.lastActiveOn)} />
              )}
            </dd>
          </div>
        </dl>
      </div>
    </section>
  );
}

/** The forms that nobody sees on their own page: an old page can still send one. */
const FOR_OTHERS = ['status', 'role', 'verify', 'reset', 'delete'];

/** Whether and as what a user may come in. */
export function AccessPanel(part: UserPart) {
  const { visit, seen, shown } = part;
  const { actor, realmId, view } = visit;
  const { user } = seen;
  const { roles, user: text, users } = view.text.admin;
  const role = refusedIn(shown, 'role');
  const isActive = user.status === 'active';
  if (actor.id === user.id) {
    return (
      <Panel id="access" title={text.access}>
        {shown.refused && FOR_OTHERS.includes(shown.refused.form) && (
          <p class="notice bad" role="alert">
            {shown.refused.problem.summary}
          </p>
        )}
        <p class="soft">{text.ownAccount}</p>
      </Panel>
    );
  }
  const given = Object.entries(roles).filter(
    ([name]) => name === user.role || name !== 'owner' || (actor.role === 'owner' && realmId === 'default'),
  );
  return (
    <Panel id="access" title={text.access}>
      <ActForm
        {...part}
        form="status"
        button={isActive ? text.suspend : text.reactivate}
        hint={isActive ? text.suspendHint : text.reactivateHint}
        look={isActive ? 'danger' : undefined}
        with={{ status: isActive ? 'suspended' : 'active' }}
      />
      <hr />
      <Form view={view} problem={role?.problem} button={text.setRole} look="plain">
        <Hidden name="form" value="role" />
        <div class="pair">
          <Select
            name="role"
            label={users.role}
            value={role?.values.role ?? user.role}
            problem={role?.problem}
            options={given}
          />
          <Field
            name="role_reason"
            label={users.reason}
            value={role?.values.role_reason}
            problem={role?.problem}
            maxlength={500}
          />
        </div>
      </Form>
      {!user.emailVerified && (
        <>
          <hr />
          <ActForm {...part} form="verify" button={text.verify} hint={text.verifyHint} />
        </>
      )}
      <hr />
      <ActForm {...part} form="reset" button={text.reset} hint={text.resetHint} />
    </Panel>
  );
}

/** The end of a user, for who types whose. */
export function DeletePanel({ visit, seen: { user }, shown }: UserPart) {
  const { actor, view } = visit;
  const { user: text, users } = view.text.admin;
  if (actor.id === user.id) return null;
  const { problem, values } = refusedIn(shown, 'delete') ?? {};
  return (
    <Panel id="delete" title={text.delete}>
      <p>{text.deleteHint}</p>
      <Form view={view} problem={problem} button={text.deleteButton} look="danger">
        <Hidden name="form" value="delete" />
        <Field
          name="confirmation"
          label={view.text.account.data.confirmation(user.email)}
          value={values?.confirmation}
          problem={problem}
          autocomplete="off"
          required
        />
        <Field
          name="delete_reason"
          label={users.reason}
          value={values?.delete_reason}
          problem={problem}
          maxlength={500}
        />
      </Form>
    </Panel>
  );
}

/** A button that does one thing, and why. */
function ActForm(
  props: UserPart & {
    form: string;
    button: string;
    hint: string;
    look?: 'danger' | undefined;
    with?: Record<string, string>;
  },
) {
  const { visit, shown, form, button, hint, look = 'plain' } = props;
  const { problem, values } = refusedIn(shown, form) ?? {};
  return (
    <Form view={visit.view} problem={problem} button={button} look={look}>
      <Hidden name="form" value={form} />
      {Object.entries(props.with ?? {}).map(([name, value]) => (
        <Hidden name={name} value={value} />
      ))}
      <p class="hint">{hint}</p>
      <Field
        name={`${form}_reason`}
        label={visit.view.text.admin.users.reason}
        value={values?.[`${form}_reason`]}
        problem={problem}
        maxlength={500}
      />
    </Form>
  );
}
