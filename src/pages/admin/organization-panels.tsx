import { ORGANIZATION_PLAN } from '../../directory/state.ts';
import {
  adminOrganizationsMessages,
  kitMessages,
  userMessages,
  usersMessages,
} from '../../languages/messages.ts';
import type { ShownMember } from '../../organizations/service.ts';
import { CapsLink } from '../account/member-caps.tsx';
import { MemberForms } from '../account/organization-panels.tsx';
import { memberRoleOptions, OrganizationMark, roleName } from '../account/organizations.tsx';
import { ConfirmDialog, CopyButton } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { formatNumber } from '../kit/format.ts';
import { refusedIn } from '../kit/page.ts';
import { Badge, DescriptionList, EditableEntry, Entry, Panel, Time } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
import { ActDialog } from './act-dialog.tsx';
import { ADMIN_PAGES } from './frame.tsx';
import type { OrganizationPanelProps, readMemberPage, readOrganizationPlan } from './organization-data.ts';
import { PlanPanel } from './user-plan.tsx';
import { StatusBadge } from './users-table.tsx';

/** What the organization is, at a glance. */
export function OrganizationFacts({ visit: { view }, by }: OrganizationPanelProps) {
  const text = adminOrganizationsMessages[view.language];
  const { id, slug, logo, status, plan } = by.organization;
  return (
    <div class="panel facts">
      <span class="pictured">
        <OrganizationMark logo={logo} />
      </span>
      <div>
        <p>{slug}</p>
        <div class="acts">
          <StatusBadge view={view} status={status} />
          <Badge>{plan === ORGANIZATION_PLAN ? text.defaultPlan : plan}</Badge>
        </div>
        <p class="soft">
          <code>{id}</code> <CopyButton view={view} text={id} label={usersMessages[view.language].copyId} />
        </p>
      </div>
    </div>
  );
}

/** Since when it is there, and how many it may be. */
export function OrganizationNumbersPanel({ visit: { view }, by }: OrganizationPanelProps) {
  const text = adminOrganizationsMessages[view.language];
  const { seats, createdAt } = by.organization;
  return (
    <Panel id="facts" title={text.facts}>
      <DescriptionList
        look="about"
        entries={[
          [text.created, <Time view={view} at={createdAt} />],
          [text.seats, seats === null ? kitMessages[view.language].notSet : formatNumber(view, seats)],
        ]}
      />
    </Panel>
  );
}

/** Who is in it, as what, and the form that adds somebody. */
export function AdminMembersPanel(
  panel: OrganizationPanelProps & Pick<Awaited<ReturnType<typeof readMemberPage>>, 'members' | 'isFirst'>,
) {
  const { visit, shown, by, members, isFirst } = panel;
  const { view } = visit;
  const text = adminOrganizationsMessages[view.language];
  const refused = refusedIn(shown, 'add');
  const field = fieldsOf(refused, { role: 'member' });
  return (
    <Panel id="members" title={text.members(formatNumber(view, members.total))}>
      <ul class="rows">
        {members.rows.map((member) => (
          <AdminMemberEntry {...panel} member={member} />
        ))}
      </ul>
      <Pager
        view={view}
        path={`${ADMIN_PAGES.organizations}/${by.organization.id}`}
        query={{ tab: 'members' }}
        cursorName="after"
        anchor="members"
        isFirst={isFirst}
        next={members.nextCursor}
      />
      <CapsLink view={view} member={null} />
      <div class="acts">
        <ActDialog
          view={view}
          shown={shown}
          form="add"
          open={text.add}
          button={text.addButton}
          reason="never"
        >
          <Field {...field('user')} label={text.user} hint={text.ownerHint} required autocomplete="off" />
          <Select {...field('role')} label={text.role} options={memberRoleOptions(view)} />
        </ActDialog>
      </div>
    </Panel>
  );
}

function AdminMemberEntry(props: OrganizationPanelProps & { member: ShownMember }) {
  const { visit, shown, member } = props;
  const { view } = visit;
  const name = member.name ?? member.email;
  const form = refusedIn(shown, 'role') ?? refusedIn(shown, 'remove');
  const refused = form?.values.user === member.userId ? form : undefined;
  return (
    <EditableEntry
      view={view}
      icon="user"
      group="members"
      name={name}
      badge={<Badge>{roleName(view, member.role)}</Badge>}
      about={member.name === null ? undefined : member.email}
      isOpen={refused !== undefined}
    >
      <p>
        <a href={view.link(`${ADMIN_PAGES.users}/${member.userId}`)}>{member.email}</a>
      </p>
      <MemberForms view={view} member={member} roles={memberRoleOptions(view)} refused={refused} />
      <CapsLink view={view} member={member} />
    </EditableEntry>
  );
}

/** What it is called, and how many it may be. */
export function OrganizationSettingsPanel({ visit: { view }, by, shown }: OrganizationPanelProps) {
  const text = adminOrganizationsMessages[view.language];
  const { name, slug, logo, seats } = by.organization;
  const refused = refusedIn(shown, 'settings');
  const field = fieldsOf(refused, { name, slug, logo: logo ?? '', seats: seats ?? '' });
  return (
    <Panel id="settings" title={text.settings}>
      <Form
        view={view}
        name="settings"
        problem={refused?.problem}
        button={kitMessages[view.language].save}
        look="plain"
      >
        <div class="pair">
          <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="off" />
          <Field {...field('slug')} label={text.slug} required maxlength={50} autocomplete="off" />
        </div>
        <Field {...field('logo')} type="url" label={text.logo} hint={text.logoHint} />
        <Field {...field('seats')} label={text.seats} hint={text.seatsHint} inputmode="numeric" />
      </Form>
    </Panel>
  );
}

/** Its plan, and limits of its own. */
export function OrganizationPlanPanel(
  props: OrganizationPanelProps & Pick<Awaited<ReturnType<typeof readOrganizationPlan>>, 'plans'>,
) {
  const { visit, shown, by, plans } = props;
  const { view } = visit;
  const text = adminOrganizationsMessages[view.language];
  const { plan: id, planExpiresAt, customLimits } = by.organization;
  const known = plans.find((plan) => plan.id === id);
  const offered = plans.map((plan): [string, string] => [plan.id, plan.name]);
  return (
    <PlanPanel
      view={view}
      shown={shown}
      title={text.plan}
      plan={known ?? { id, name: text.defaultPlan, limits: {} }}
      expiresAt={planExpiresAt}
      options={known || id !== ORGANIZATION_PLAN ? offered : [[id, text.defaultPlan], ...offered]}
      own={customLimits}
    />
  );
}

/** Whether it may be used, and its end. */
export function OrganizationDangerPanel({ visit: { view }, by, shown }: OrganizationPanelProps) {
  const text = adminOrganizationsMessages[view.language];
  const { danger } = userMessages[view.language];
  const { name, status } = by.organization;
  const isActive = status === 'active';
  const act = isActive ? text.suspend : text.reactivate;
  const hint = isActive ? text.suspendHint : text.reactivateHint;
  return (
    <Panel id="danger" title={danger}>
      <ul class="rows">
        <Entry name={act} about={[hint]}>
          <ActDialog
            view={view}
            shown={shown}
            form="status"
            open={act}
            title={(isActive ? text.suspendTitle : text.reactivateTitle)(name)}
            text={hint}
            look={isActive ? 'danger' : 'plain'}
            hidden={{ status: isActive ? 'suspended' : 'active' }}
          />
        </Entry>
        <Entry name={text.delete} about={[text.deleteText]}>
          <ConfirmDialog
            view={view}
            id="delete"
            title={text.deleteTitle(name)}
            text={text.deleteText}
            open={text.deleteButton}
            form="delete"
            button={text.delete}
            problem={refusedIn(shown, 'delete')?.problem}
          />
        </Entry>
      </ul>
    </Panel>
  );
}
