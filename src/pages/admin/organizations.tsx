import { ORGANIZATION_PLAN } from '../../directory/state.ts';
import { adminMessages, adminOrganizationsMessages } from '../../languages/messages.ts';
import { NewOrganizationFor, OrganizationAdminQuery } from '../../organizations/schemas.ts';
import type { OrganizationRow } from '../../organizations/tables.ts';
import { OrganizationMark } from '../account/organizations.tsx';
import { Field, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { EmptyState, Time } from '../kit/panel.tsx';
import { Count, Pager, Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, NewEntryDialog } from './frame.tsx';
import { StatusBadge } from './users-table.tsx';
import { type AdminServices, adminArea } from './visit.ts';

const PATH = ADMIN_PAGES.organizations;
const PER_PAGE = 50;

/** The organizations of a realm, and the form that makes one for a user. */
export function adminOrganizationsPageRoutes(services: AdminServices) {
  const { admin, organizationAdmin } = services;
  return pageRoutes(adminArea(services), {
    path: PATH,
    messages: adminOrganizationsMessages,
    forms: {
      create: {
        act: async (c, { actor, realmId, view }, values) => {
          const owner = await admin.users.named(realmId, values.owner ?? '', 'owner');
          const slug = values.slug?.trim() || undefined;
          const body = valid(NewOrganizationFor, { name: values.name ?? '', slug, owner });
          const made = await organizationAdmin.create(view.realm, body, actor.id);
          return c.redirect(view.link(`${PATH}/${made.id}`, { done: 'created' }), 303);
        },
      },
    },
    render: async (c, visit, shown) => {
      const { realmId, view } = visit;
      const text = adminOrganizationsMessages[view.language];
      const creation = refusedIn(shown, 'create');
      const { shape } = OrganizationAdminQuery;
      const q = shape.q.safeParse(c.req.query('q') ?? '').data ?? '';
      const after = shape.cursor.safeParse(c.req.query('cursor')).data;
      const page = await organizationAdmin.list(realmId, { q, after: after ?? null, limit: PER_PAGE });
      return (
        <AdminFrame
          visit={visit}
          page="organizations"
          shown={shown}
          act={
            <NewEntryDialog view={view} form="create" refused={creation} open={text.new} button={text.create}>
              <NewOrganizationFields view={view} refused={creation} />
            </NewEntryDialog>
          }
        >
          <p class="soft">{text.text}</p>
          <form class="filters" method="get" action={view.link(PATH)} data-filters>
            <Field name="q" type="search" label={text.q} value={q} placeholder={text.qHint} maxlength={100} />
            <div class="acts">
              <button type="submit">{text.q}</button>
              <a class="button plain" href={view.link(PATH)}>
                {adminMessages[view.language].all}
              </a>
            </div>
          </form>
          <Count view={view} total={page.total} isExact={page.totalIsExact} />
          <section class="panel" aria-label={adminMessages[view.language].pages.organizations}>
            {page.rows.length === 0 ? (
              <EmptyState icon="users" title={text.none} text={text.noneText} />
            ) : (
              <OrganizationTable view={view} rows={page.rows} />
            )}
          </section>
          <Pager
            view={view}
            path={PATH}
            query={q === '' ? {} : { q }}
            isFirst={!after}
            next={page.nextCursor}
          />
        </AdminFrame>
      );
    },
  });
}

/** Organizations as a table, each of which leads to its page. */
export function OrganizationTable({ view, rows }: { view: View; rows: OrganizationRow[] }) {
  const text = adminOrganizationsMessages[view.language];
  const { pages, status } = adminMessages[view.language];
  return (
    <Table
      look="stacks"
      label={pages.organizations}
      columns={[text.name, text.slug, status, text.plan, text.created]}
      rows={rows.map((row) => (
        <tr>
          <th scope="row">
            <a class="person" href={view.link(`${PATH}/${row.id}`)}>
              <OrganizationMark logo={row.logo} />
              <span>{row.name}</span>
            </a>
          </th>
          <td data-head={text.slug}>{row.slug}</td>
          <td data-head={status}>
            <StatusBadge view={view} status={row.status} />
          </td>
          <td data-head={text.plan}>{row.plan === ORGANIZATION_PLAN ? text.defaultPlan : row.plan}</td>
          <td data-head={text.created} class="moment">
            <Time view={view} at={row.createdAt} day />
          </td>
        </tr>
      ))}
    />
  );
}

function NewOrganizationFields({ view, refused }: { view: View; refused: RefusedForm | undefined }) {
  const text = adminOrganizationsMessages[view.language];
  const field = fieldsOf(refused);
  return (
    <>
      <div class="pair">
        <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="off" />
        <Field {...field('slug')} label={text.slug} maxlength={50} autocomplete="off" />
      </div>
      <Field {...field('owner')} label={text.owner} hint={text.ownerHint} required autocomplete="off" />
    </>
  );
}
