import { type AppContext, clientOf } from '../../http/context.ts';
import { billingMessages, organizationsMessages } from '../../languages/messages.ts';
import { inEachLanguage } from '../../lib/language.ts';
import { type OrganizationPermission, permissionsOf, reaches } from '../../lib/organization-roles.ts';
import { NewDomain, NewInvitation, OrganizationPatch } from '../../organizations/schemas.ts';
import type { Admitted, ShownMember } from '../../organizations/service.ts';
import { ConfirmDialog } from '../kit/dialog.tsx';
import { valid } from '../kit/form-data.ts';
import { formatNumber, initialsOf } from '../kit/format.ts';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Badge, EditableEntry, Entry, Panel, Time } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
import type { Visit } from '../kit/visit.ts';
import { STRIPE } from './billing-forms.tsx';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { askedCaps, askedMember, CapsLink } from './member-caps.tsx';
import { organizationBillingForms, organizationBillingPanels } from './organization-billing.tsx';
import { OrganizationKeyPanels, organizationKeyForms } from './organization-keys.tsx';
import {
  DomainsPanel,
  InvitationsPanel,
  MemberForms,
  optionsFor,
  SettingsPanel,
  TransferForm,
} from './organization-panels.tsx';
import { organizationPath, roleName } from './organizations.tsx';
import { CreditSources, capsIn, MemberCapsPanel, SpendingPanel } from './spending.tsx';
import { type AccountServices, type AccountVisit, accountArea } from './visit.ts';

const MEMBERS = 50;

/** What it says of what was done, of the organization or of what is paid. */
const MESSAGES = inEachLanguage((language) => ({
  done: { ...organizationsMessages[language].done, ...billingMessages[language].done },
}));

/** One organization: who is in it, who is invited, what it is called, its domains, and the ways out of it. */
export function organizationPageRoutes(services: AccountServices) {
  const { credits, organizations, invitations, domains, organizationKeys, spending, usage } = services;
  const idOf = (c: { req: { param(name: string): string | undefined } }) => c.req.param('id') ?? '';
  const admit = (
    c: Parameters<typeof idOf>[0],
    { principal, view }: Visit,
    permission: OrganizationPermission | null,
  ) => organizations.admit(view.realm, idOf(c), principal, permission);
  const render = async (c: AppContext, visit: AccountVisit, shown: Shown, made?: string) => {
    const { principal, view } = visit;
    const text = organizationsMessages[view.language];
    const by = await admit(c, visit, null);
    const { id, name, status } = by.organization;
    const may = (permission: OrganizationPermission) =>
      status === 'active' && permissionsOf(by.roles, by.role).includes(permission);
    const { after } = c.req.query();
    const isFirst = !/^usr_\w+$/.test(after ?? '');
    const of = { organizationId: id, realmId: view.realm.id, userId: null, actor: principal.userId };
    const [page, invited, named, keys, report, quotas, standing, caps] = await Promise.all([
      organizations.listMembers(id, principal.bookmark, {
        after: isFirst ? null : (after as string),
        limit: MEMBERS,
      }),
      may('invitations:manage')
        ? invitations.list(id, principal.bookmark, { after: null, limit: 100 })
        : null,
      may('domains:manage') ? domains.list(id, principal.bookmark) : null,
      may('keys:manage') ? organizationKeys.list(by) : null,
      may('caps:manage') ? spending.wallet(by) : null,
      may('caps:manage') ? usage.quotas(of) : null,
      may('credits:read') ? credits.standing(of) : null,
      may('caps:manage') ? askedCaps(services, of, askedMember(c, shown)) : null,
    ]);
    return (
      <AccountFrame visit={visit} page="organizations" title={name} shown={shown}>
        {status === 'suspended' && <p class="notice bad">{text.suspended}</p>}
        <Panel id="members" title={text.members}>
          <ul class="rows">
            {page.rows.map((member) => (
              <MemberEntry
                visit={visit}
                by={by}
                member={member}
                shown={shown}
                mayManage={may('members:manage')}
                mayCap={may('caps:manage')}
              />
            ))}
          </ul>
          {may('caps:manage') && <CapsLink view={view} member={null} />}
          <Pager
            view={view}
            path={organizationPath(id)}
            cursorName="after"
            isFirst={isFirst}
            next={page.nextCursor}
            names={{ newest: text.members, older: text.more }}
          />
        </Panel>
        {caps && quotas && (
          <MemberCapsPanel
            view={view}
            {...caps}
            resources={Object.keys(quotas.resources)}
            refused={refusedIn(shown, 'caps')}
          />
        )}
        {may('billing:read') && (await organizationBillingPanels(services, visit, by, shown))}
        {invited && <InvitationsPanel visit={visit} by={by} rows={invited.rows} shown={shown} />}
        {may('organization:update') && <SettingsPanel view={view} by={by} shown={shown} />}
        {standing && (
          <Panel id="credits" title={text.credits}>
            <p class="figure">
              <strong>{formatNumber(view, standing.balance)}</strong>
            </p>
            <CreditSources view={view} standing={standing} />
          </Panel>
        )}
        {report && quotas && (
          <SpendingPanel
            view={view}
            report={report}
            resources={Object.keys(quotas.resources)}
            refused={refusedIn(shown, 'spending')}
            by="shared"
          />
        )}
        {keys && <OrganizationKeyPanels visit={visit} keys={keys} shown={shown} made={made} />}
        {named && <DomainsPanel view={view} by={by} rows={named} shown={shown} />}
        <Panel id="danger" title={text.danger}>
          {by.role === 'owner' && status === 'active' && (
            <TransferForm visit={visit} rows={page.rows} shown={shown} />
          )}
          <p class="acts">
            <ConfirmDialog
              view={view}
              id="leave"
              title={text.leaveTitle(name)}
              text={text.leaveText}
              open={text.leave}
              form="leave"
              hidden={{}}
              button={text.leave}
            />
            {may('organization:delete') && (
              <ConfirmDialog
                view={view}
                id="delete"
                title={text.deleteTitle(name)}
                text={text.deleteText}
                open={text.delete}
                form="delete"
                hidden={{}}
                button={text.delete}
              />
            )}
          </p>
        </Panel>
      </AccountFrame>
    );
  };
  return pageRoutes(accountArea(services), {
    path: `${ACCOUNT_PAGES.organizations}/:id`,
    messages: MESSAGES,
    leadsTo: async () => STRIPE,
    forms: {
      ...organizationBillingForms(services, async (c, visit) => {
        const { organization } = await admit(c, visit, 'billing:manage');
        return { payerId: organization.id, realmId: organization.realmId };
      }),
      ...organizationKeyForms(organizationKeys, (c, visit) => admit(c, visit, 'keys:manage'), render),
      role: {
        verified: true,
        fresh: true,
        act: async (c, visit, { user = '', ...values }) => {
          const by = await admit(c, visit, 'members:manage');
          await organizations.changeRole(by, user, values[`role.${user}`] ?? '');
          return 'role';
        },
      },
      remove: {
        verified: true,
        fresh: true,
        act: async (c, visit, { user = '' }) => {
          await organizations.removeMember(await admit(c, visit, 'members:manage'), user);
          return 'removed';
        },
      },
      leave: {
        verified: true,
        fresh: true,
        act: async (c, visit) => {
          await organizations.removeMember(await admit(c, visit, null), visit.principal.userId);
          return c.redirect(visit.view.link(ACCOUNT_PAGES.organizations, { done: 'left' }), 303);
        },
      },
      transfer: {
        verified: true,
        fresh: true,
        act: async (c, visit, { user_id: user = '' }) => {
          await organizations.transfer(await admit(c, visit, 'owners:manage'), user);
          return 'transferred';
        },
      },
      delete: {
        verified: true,
        fresh: true,
        act: async (c, visit) => {
          await organizations.delete(await admit(c, visit, 'organization:delete'));
          return c.redirect(visit.view.link(ACCOUNT_PAGES.organizations, { done: 'deleted' }), 303);
        },
      },
      invite: {
        verified: true,
        fresh: (_, { role }) => role !== 'member',
        act: async (c, visit, { email = '', role = 'member' }) => {
          const by = await admit(c, visit, 'invitations:manage');
          await invitations.create(by, valid(NewInvitation, { email, role }), clientOf(c));
          return 'invited';
        },
      },
      revoke: {
        verified: true,
        act: async (c, visit, { invitation = '' }) => {
          await invitations.revoke(await admit(c, visit, 'invitations:manage'), invitation);
          return 'revoked';
        },
      },
      settings: {
        verified: true,
        act: async (c, visit, { name = '', slug = '' }) => {
          const by = await admit(c, visit, 'organization:update');
          await organizations.update(by, valid(OrganizationPatch, { name, slug }));
          return 'saved';
        },
      },
      spending: {
        verified: true,
        act: async (c, visit, values) => {
          await spending.capWallet(await admit(c, visit, 'caps:manage'), 'own', capsIn(values));
          return 'saved';
        },
      },
      caps: {
        verified: true,
        act: async (c, visit, { member = '', ...values }) => {
          const by = await admit(c, visit, 'caps:manage');
          await spending.setCaps(by, member || null, capsIn(values));
          return 'saved';
        },
      },
      domain: {
        verified: true,
        act: async (c, visit, { domain = '', joins_as = '' }) => {
          const by = await admit(c, visit, 'domains:manage');
          const body = valid(NewDomain, { domain, joins_as: joins_as || null });
          await domains.add(by, { domain: body.domain, joinsAs: body.joins_as });
          return 'domain_added';
        },
      },
      verify: {
        verified: true,
        act: async (c, visit, { domain = '' }) => {
          await domains.verify(await admit(c, visit, 'domains:manage'), domain);
          return 'domain_verified';
        },
      },
      forget: {
        verified: true,
        act: async (c, visit, { domain = '' }) => {
          await domains.remove(await admit(c, visit, 'domains:manage'), domain);
          return 'domain_removed';
        },
      },
    },
    render,
  });
}

function MemberEntry(props: {
  visit: Visit;
  by: Admitted;
  member: ShownMember;
  shown: Shown;
  mayManage: boolean;
  mayCap: boolean;
}) {
  const { visit, by, member, shown, mayManage, mayCap } = props;
  const { principal, view } = visit;
  const text = organizationsMessages[view.language];
  const name = member.name ?? member.email;
  const isSelf = member.userId === principal.userId;
  const badge = (
    <>
      <Badge>{roleName(view, member.role)}</Badge> {isSelf && <Badge look="good">{text.you}</Badge>}
    </>
  );
  const about = [
    member.name === null ? null : member.email,
    <>
      {text.since} <Time view={view} at={member.joinedAt} ago />
    </>,
  ];
  if (!mayManage || !reaches(by.roles, by.role, member.role)) {
    return (
      <Entry icon={<MemberMark member={member} />} name={name} badge={badge} about={about}>
        {mayCap && <CapsLink view={view} member={member} />}
      </Entry>
    );
  }
  const form = refusedIn(shown, 'role');
  const refused = form?.values.user === member.userId ? form : undefined;
  return (
    <EditableEntry
      view={view}
      icon="user"
      group="members"
      name={name}
      badge={badge}
      about={member.name === null ? undefined : member.email}
      isOpen={refused !== undefined}
    >
      <MemberForms
        view={view}
        member={member}
        roles={optionsFor(view, by)}
        refused={refused}
        mayRemove={!isSelf}
      />
      {mayCap && <CapsLink view={view} member={member} />}
    </EditableEntry>
  );
}

function MemberMark({ member }: { member: ShownMember }) {
  if (member.picture) return <img class="avatar small" src={member.picture} alt="" />;
  return (
    <span class="avatar small" aria-hidden="true">
      {initialsOf(member.name ?? member.email)}
    </span>
  );
}
