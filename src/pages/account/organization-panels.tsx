import { organizationsMessages } from '../../languages/messages.ts';
import { managesNothing, reaches } from '../../lib/organization-roles.ts';
import { recordOf } from '../../organizations/domain-service.ts';
import type { Admitted, ShownMember } from '../../organizations/service.ts';
import type { DomainRow, InvitationRow } from '../../organizations/tables.ts';
import { ConfirmDialog, CopyButton } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import type { RefusedForm } from '../kit/form-data.ts';
import { Icon } from '../kit/icon.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Badge, Entries, Entry, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { memberRoleOptions, roleName } from './organizations.tsx';

/** The roles that whoever looks may give. */
export function optionsFor(view: View, by: Admitted) {
  return memberRoleOptions(view).filter(([role]) => reaches(by.roles, by.role, role));
}

/** The forms that give a member another role, and remove them: `role` and `remove`, which name the member as `user`. */
export function MemberForms(props: {
  view: View;
  member: ShownMember;
  roles: [role: string, name: string][];
  refused: RefusedForm | undefined;
  mayRemove?: boolean;
}) {
  const { view, member, roles, refused, mayRemove = true } = props;
  const text = organizationsMessages[view.language];
  const name = member.name ?? member.email;
  const role = `role.${member.userId}`;
  const hidden = { user: member.userId };
  return (
    <>
      <Form
        view={view}
        name="role"
        hidden={hidden}
        problem={refused?.problem}
        button={text.save}
        look="plain"
      >
        <Select
          {...fieldsOf(refused, { [role]: member.role })(role)}
          label={text.roleOf(name)}
          options={roles}
        />
      </Form>
      {mayRemove && (
        <ConfirmDialog
          view={view}
          id={`remove-${member.userId}`}
          title={text.removeTitle(name)}
          text={text.removeText}
          open={text.remove}
          openLabel={text.removeNamed(name)}
          form="remove"
          hidden={hidden}
          button={text.removeGo}
        />
      )}
    </>
  );
}

/** Who is invited, and the form that invites. */
export function InvitationsPanel(props: { visit: Visit; by: Admitted; rows: InvitationRow[]; shown: Shown }) {
  const { visit, by, rows, shown } = props;
  const { view } = visit;
  const text = organizationsMessages[view.language];
  const refused = refusedIn(shown, 'invite');
  const field = fieldsOf(refused, { role: 'member' });
  const entries = rows.map((row) => {
    const who = row.email ?? text.anyOf(row.domain ?? '');
    return (
      <Entry
        icon={<Icon name="mail" />}
        name={who}
        about={[
          text.pendingAs(roleName(view, row.role)),
          <>
            {text.expires} <Time view={view} at={row.expiresAt} ago />
          </>,
        ]}
      >
        <Form
          view={view}
          name="revoke"
          hidden={{ invitation: row.id }}
          button={text.revoke}
          buttonLabel={text.revokeNamed(who)}
          look="plain"
        />
      </Entry>
    );
  });
  return (
    <>
      <Panel id="invite" title={text.invite}>
        <Form view={view} name="invite" problem={refused?.problem} button={text.inviteButton}>
          <div class="pair">
            <Field {...field('email')} label={text.email} type="email" required />
            <Select {...field('role')} label={text.role} options={optionsFor(view, by)} />
          </div>
        </Form>
      </Panel>
      <Panel id="pending" title={text.pending}>
        <Entries entries={entries} none={text.noPending} />
      </Panel>
    </>
  );
}

/** What it is called. */
export function SettingsPanel({ view, by, shown }: { view: View; by: Admitted; shown: Shown }) {
  const text = organizationsMessages[view.language];
  const refused = refusedIn(shown, 'settings');
  const { name, slug } = by.organization;
  const field = fieldsOf(refused, { name, slug });
  return (
    <Panel id="settings" title={text.settings}>
      <Form view={view} name="settings" problem={refused?.problem} button={text.saveSettings}>
        <div class="pair">
          <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="organization" />
          <Field {...field('slug')} label={text.slug} required maxlength={50} />
        </div>
      </Form>
    </Panel>
  );
}

/** Its domains, with the records that prove them. */
export function DomainsPanel({
  view,
  by,
  rows,
  shown,
}: {
  view: View;
  by: Admitted;
  rows: DomainRow[];
  shown: Shown;
}) {
  const text = organizationsMessages[view.language];
  const refused = refusedIn(shown, 'domain');
  const unproven = refusedIn(shown, 'verify');
  const field = fieldsOf(refused);
  const entries = rows.map((row) => {
    const record = recordOf(row);
    const isVerified = row.verifiedAt !== null;
    return (
      <Entry
        icon={<Icon name="globe" />}
        name={row.domain}
        badge={
          <Badge look={isVerified ? 'good' : 'warn'}>{isVerified ? text.verified : text.unverified}</Badge>
        }
        about={[
          row.joinsAs === null ? text.joinsNot : `${text.joinsAs} ${roleName(view, row.joinsAs)}`,
          !isVerified && text.record,
          !isVerified && (
            <>
              <code>{record.name}</code> <CopyButton view={view} text={record.name} />
            </>
          ),
          !isVerified && (
            <>
              <code>{record.value}</code> <CopyButton view={view} text={record.value} />
            </>
          ),
        ]}
      >
        <p class="acts">
          {!isVerified && (
            <Form
              view={view}
              name="verify"
              hidden={{ domain: row.id }}
              problem={unproven?.values.domain === row.id ? unproven.problem : undefined}
              button={text.verify}
              buttonLabel={text.verifyNamed(row.domain)}
              look="plain"
            />
          )}
          <Form
            view={view}
            name="forget"
            hidden={{ domain: row.id }}
            button={text.removeDomain}
            buttonLabel={text.removeDomainNamed(row.domain)}
            look="plain"
          />
        </p>
      </Entry>
    );
  });
  return (
    <Panel id="domains" title={text.domains}>
      <p class="soft">{text.domainsText}</p>
      <Entries entries={entries} none={text.noDomains} />
      <Form view={view} name="domain" problem={refused?.problem} button={text.addDomain} look="plain">
        <div class="pair">
          <Field {...field('domain')} label={text.domain} required maxlength={253} />
          <Select
            {...field('joins_as')}
            label={text.joinsAs}
            options={[
              ['', text.joinsNot],
              ...optionsFor(view, by).filter(([role]) => managesNothing(by.roles, role)),
            ]}
          />
        </div>
      </Form>
    </Panel>
  );
}

/** Hands it over to another of the members that the page shows. */
export function TransferForm({ visit, rows, shown }: { visit: Visit; rows: ShownMember[]; shown: Shown }) {
  const { principal, view } = visit;
  const text = organizationsMessages[view.language];
  const others = rows.filter(({ userId, role }) => userId !== principal.userId && role !== 'owner');
  if (others.length === 0) return null;
  const refused = refusedIn(shown, 'transfer');
  const options = others.map(({ userId, name, email }): [string, string] => [userId, name ?? email]);
  return (
    <>
      <p class="soft">{text.transferText}</p>
      <Form view={view} name="transfer" problem={refused?.problem} button={text.transferGo} look="plain">
        <Select {...fieldsOf(refused)('user_id')} label={text.transferTo} options={options} />
      </Form>
    </>
  );
}
