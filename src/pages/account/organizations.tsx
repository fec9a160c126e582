import type { Child } from 'hono/jsx';
import { organizationsMessages } from '../../languages/messages.ts';
import { rolesOf } from '../../lib/organization-roles.ts';
import { NewOrganization } from '../../organizations/schemas.ts';
import type { OwnOrganization } from '../../organizations/service.ts';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Badge, EditableEntry, EmptyState, Entry, Panel, Time } from '../kit/panel.tsx';
import { Pager } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

const PAGE = 20;

/** The organizations of a user: those they are in, those they are invited to, and which of them they act for. */
export function organizationsPageRoutes(services: AccountServices) {
  const { organizations, invitations, domains } = services;
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.organizations,
    messages: organizationsMessages,
    forms: {
      use: {
        act: async (_, { principal, view }, { organization = '' }) => {
          await organizations.choose(view.realm, principal, organization === '' ? null : organization);
          return organization === '' ? 'alone' : 'switched';
        },
      },
      accept: {
        verified: true,
        act: async (_, { principal, view }, { invitation = '' }) => {
          await invitations.accept(view.realm, principal.userId, { invitationId: invitation });
          return 'joined';
        },
      },
      create: {
        verified: true,
        act: async (c, { principal, view }, { name = '', slug = '' }) => {
          const body = valid(NewOrganization, { name, ...(slug.trim() !== '' && { slug }) });
          const made = await organizations.create(view.realm, principal.userId, body, {
            actor: principal.userId,
          });
          return c.redirect(view.link(organizationPath(made.id), { done: 'created' }), 303);
        },
      },
    },
    render: async (c, visit, shown) => {
      const { principal, user, view } = visit;
      const text = organizationsMessages[view.language];
      if (principal.emailVerified && principal.impersonator === null) {
        await domains.joinByAddress(view.realm, principal.userId);
      }
      const { after } = c.req.query();
      const [joinedAt, id] = /^\d{1,15}\.org_\w+$/.test(after ?? '') ? (after as string).split('.') : [];
      const [page, invited] = await Promise.all([
        organizations.listOwn(principal, {
          after: id === undefined ? null : [Number(joinedAt), id],
          limit: PAGE,
        }),
        principal.emailVerified ? invitations.listOwn(principal.userId) : [],
      ]);
      const refused = refusedIn(shown, 'create');
      const field = fieldsOf(refused);
      const mayCreate = (view.realm.organizations?.creation ?? 'open') === 'open';
      const { organization: current } = principal;
      const used = page.rows.find(({ organization }) => organization.id === current?.id);
      return (
        <AccountFrame visit={visit} page="organizations" shown={shown}>
          <p class="soft">{text.text}</p>
          {!principal.emailVerified && <p class="soft">{addressNeeded(visit)}</p>}
          {invited.length > 0 && (
            <Panel id="invitations" title={text.invitations}>
              <ul class="rows">
                {invited.map(({ invitation, organization }) => (
                  <Entry
                    icon={<Icon name="mail" />}
                    name={organization.name}
                    about={[
                      text.invitedAs(roleName(view, invitation.role)),
                      <>
                        {text.expires} <Time view={view} at={invitation.expiresAt} ago />
                      </>,
                    ]}
                  >
                    <Form
                      view={view}
                      name="accept"
                      hidden={{ invitation: invitation.id }}
                      button={text.accept}
                      buttonLabel={text.acceptNamed(organization.name)}
                    />
                  </Entry>
                ))}
              </ul>
            </Panel>
          )}
          <section class="panel" aria-label={text.title}>
            {page.rows.length === 0 && id === undefined ? (
              <EmptyState icon="users" title={text.none} text={text.noneText} />
            ) : (
              <ul class="rows">
                {page.rows.map((own) => (
                  <OrganizationEntry view={view} own={own} isCurrent={own.organization.id === current?.id} />
                ))}
              </ul>
            )}
            <Pager
              view={view}
              path={ACCOUNT_PAGES.organizations}
              cursorName="after"
              isFirst={id === undefined}
              next={page.nextCursor}
              label={text.title}
            />
          </section>
          {current && (
            <section class="panel" aria-label={text.alone}>
              <p class="soft">{text.aloneText(used?.organization.name ?? current.id)}</p>
              <Form view={view} name="use" hidden={{ organization: '' }} button={text.alone} look="plain" />
            </section>
          )}
          {mayCreate && (
            <section class="panel" aria-label={text.create}>
              <ul class="rows">
                <EditableEntry
                  view={view}
                  icon="plus"
                  group="create"
                  name={text.create}
                  button={text.begin}
                  isOpen={refused !== undefined || (page.rows.length === 0 && user.emailVerified)}
                >
                  <Form
                    view={view}
                    name="create"
                    problem={refused?.problem}
                    button={text.createButton}
                    disabled={!principal.emailVerified}
                  >
                    <Field
                      {...field('name')}
                      label={text.name}
                      required
                      maxlength={100}
                      autocomplete="organization"
                    />
                    <Field {...field('slug')} label={text.slug} hint={text.slugHint} maxlength={50} />
                  </Form>
                </EditableEntry>
              </ul>
            </section>
          )}
        </AccountFrame>
      );
    },
  });
}

/** The page of one organization. */
export function organizationPath(id: string): string {
  return `${ACCOUNT_PAGES.organizations}/${id}`;
}

/** What a role is called: those that every realm has in the reader's language, the realm's own by their names. */
export function roleName({ language }: View, role: string): string {
  const { roles } = organizationsMessages[language];
  return Object.hasOwn(roles, role) ? (roles[role] as string) : role;
}

/** The roles of a realm, for a list to choose from. */
export function memberRoleOptions(view: View): [role: string, name: string][] {
  return Object.keys(rolesOf(view.realm.organizations?.roles)).map((role) => [role, roleName(view, role)]);
}

function OrganizationEntry(props: { view: View; own: OwnOrganization; isCurrent: boolean }) {
  const { view, own, isCurrent } = props;
  const { organization, role, joinedAt } = own;
  const text = organizationsMessages[view.language];
  const isSuspended = organization.status === 'suspended';
  const badge = (
    <>
      {isCurrent && <Badge look="good">{text.current}</Badge>}
      {isSuspended && <Badge look="bad">{text.suspended}</Badge>}
    </>
  );
  const about: Child[] = [
    roleName(view, role),
    <>
      {text.since} <Time view={view} at={joinedAt} ago />
    </>,
  ];
  return (
    <Entry
      icon={<OrganizationMark logo={organization.logo} />}
      name={organization.name}
      badge={badge}
      about={about}
    >
      <p class="acts">
        <a
          class="button plain"
          href={view.link(organizationPath(organization.id))}
          aria-label={text.openNamed(organization.name)}
        >
          {text.open}
        </a>
        {!isCurrent && !isSuspended && (
          <Form
            view={view}
            name="use"
            hidden={{ organization: organization.id }}
            button={text.use}
            buttonLabel={text.useNamed(organization.name)}
            look="plain"
          />
        )}
      </p>
    </Entry>
  );
}

/** The logo of an organization; its name stands beside it. */
export function OrganizationMark({ logo }: { logo: string | null }) {
  return logo ? <img class="avatar small" src={logo} alt="" /> : <Icon name="users" />;
}
