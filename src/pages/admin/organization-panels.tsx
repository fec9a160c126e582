import { ORGANIZATION_PLAN } from '../../directory/state.ts';
import {
  adminMessages,
  adminOrganizationsMessages,
  kitMessages,
  userMessages,
} from '../../languages/messages.ts';
import { dateOf } from '../../lib/calendar.ts';
import type { ShownMember } from '../../organizations/service.ts';
import { CapsLink } from '../account/member-caps.tsx';
import { MemberForms } from '../account/organization-panels.tsx';
import { memberRoleOptions, OrganizationMark, roleName } from '../account/organizations.tsx';
import { ConfirmDialog, CopyButton } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { formatNumber } from '../kit/format.ts';
import { refusedIn } from '../kit/page.ts';
import { Badge, DescriptionList, EditableEntry, Panel, Time } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
import { ADMIN_PAGES } from './frame.tsx';
import type { OrganizationPanelProps } from './organization-data.ts';
import { ActionForm } from './user-access.tsx';
import { LimitsForm } from './user-plan.tsx';
import { StatusBadge } from './users-table.tsx';

/** What the organization is, at a glance. */
export function OrganizationFacts({ visit: { view }, data: { by, members } }: OrganizationPanelProps) {
  const text = adminOrganizationsMessages[view.language];
  const { id, slug, logo, status, plan, seats, createdAt } = by.organization;
  const count = formatNumber(view, members.total);
  return (
    <section class="panel facts" aria-label={text.facts}>
      <OrganizationMark logo={logo} />
      <div>
        <p>
          <strong>{slug}</strong>
        </p>
        <p class="acts">
          <StatusBadge view={view} status={status} />
          <Badge>{plan}</Badge>
        </p>
        <DescriptionList
          look="pairs"
          entries={[
            [
              text.id,
              <>
                <code>{id}</code> <CopyButton view={view} text={id} />
              </>,
            ],
            [text.seats, seats === null ? count : `${count} / ${formatNumber(view, seats)}`],
            [text.created, <Time view={view} at={createdAt} />],
          ]}
        />
      </div>
    </section>
  );
}

/** Who is in it, as what, and the form that adds somebody. */
export function AdminMembersPanel(panel: OrganizationPanelProps) {
  const { visit, data, shown } = panel;
  const { view } = visit;
  const { by, members, isFirst } = data;
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
        cursorName="after"
        anchor="members"
        isFirst={isFirst}
        next={members.nextCursor}
      />
      <CapsLink view={view} member={null} />
      <hr />
      <h3>{text.add}</h3>
      <Form view={view} name="add" problem={refused?.problem} button={text.addButton} look="plain">
        <div class="pair">
          <Field {...field('user')} label={text.user} hint={text.ownerHint} required autocomplete="off" />
          <Select {...field('role')} label={text.role} options={memberRoleOptions(view)} />
        </div>
      </Form>
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
export function OrganizationSettingsPanel({ visit: { view }, data: { by }, shown }: OrganizationPanelProps) {
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
export function OrganizationPlanPanel({ visit, data, shown }: OrganizationPanelProps) {
  const { view } = visit;
  const text = adminOrganizationsMessages[view.language];
  const { planUntil, planExpires, setPlan } = userMessages[view.language];
  const { plan, planExpiresAt, customLimits } = data.by.organization;
  const known = data.plans.find(({ id }) => id === plan);
  const offered = data.plans.map(({ id, name }): [string, string] => [id, name]);
  const options =
    known || plan !== ORGANIZATION_PLAN
      ? offered
      : [[plan, text.defaultPlan] as [string, string], ...offered];
  const refused = refusedIn(shown, 'plan');
  const field = fieldsOf(refused, {
    plan,
    plan_expires: planExpiresAt === null ? '' : dateOf(planExpiresAt),
  });
  return (
    <Panel id="plan-panel" title={text.plan}>
      <p>
        <strong>{known?.name ?? text.defaultPlan}</strong>{' '}
        {planExpiresAt !== null && (
          <span class="soft">
            {planUntil} <Time view={view} at={planExpiresAt} />
          </span>
        )}
      </p>
      <Form view={view} name="plan" problem={refused?.problem} button={setPlan} look="plain">
        <div class="pair">
          <Select {...field('plan')} label={text.plan} options={options} />
          <Field {...field('plan_expires')} type="date" label={planExpires} />
        </div>
        <Field {...field('plan_reason')} label={adminMessages[view.language].reason} maxlength={500} />
      </Form>
      <hr />
      <LimitsForm view={view} own={customLimits} plan={known?.limits ?? {}} shown={shown} />
    </Panel>
  );
}

/** Whether it may be used, and its end. */
export function OrganizationAccessPanel({ visit, data, shown }: OrganizationPanelProps) {
  const { view } = visit;
  const text = adminOrganizationsMessages[view.language];
  const { name, status } = data.by.organization;
  const isActive = status === 'active';
  return (
    <Panel id="access" title={text.access}>
      <ActionForm
        visit={visit}
        shown={shown}
        form="status"
        button={isActive ? text.suspend : text.reactivate}
        hint={isActive ? text.suspendHint : text.reactivateHint}
        look={isActive ? 'danger' : undefined}
        hidden={{ status: isActive ? 'suspended' : 'active' }}
      />
      <hr />
      <h3>{text.delete}</h3>
      <p class="acts">
        <ConfirmDialog
          view={view}
          id="delete"
          title={text.deleteTitle(name)}
          text={text.deleteText}
          open={text.deleteButton}
          form="delete"
          hidden={{}}
          button={text.delete}
        />
      </p>
    </Panel>
  );
}
