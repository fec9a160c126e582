import { Hono } from 'hono';
import type { AppEnv } from '../http/context.ts';
import { NewRealm } from '../realms/admin-schemas.ts';
import { RealmFields } from '../realms/schemas.ts';
import { issuerOf } from '../realms/service.ts';
import { Panel } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame, Table } from './admin-frame.tsx';
import { adminPage, backTo } from './admin-page.ts';
import { Count, checked, Pager, saidOf } from './admin-parts.tsx';
import { POLICY_CODES, PolicyFields, patchOf } from './admin-realm-form.tsx';
import { SigningKeyPanel } from './admin-signing-keys.tsx';
import type { AdminServices } from './admin-visit.ts';
import { Field, Form, Hidden } from './form.tsx';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.realms;

/** Realms: all of them for owners, for admins their own. */
export function adminRealmRoutes(services: AdminServices) {
  const { realms, signingKeys } = services.admin;
  const list = adminPage(services, {
    path: PATH,
    forms: {
      create: {
        act: async (c, { actor, view }, { id, name }) => {
          const realm = await realms.create(checked(NewRealm, { id, name }, POLICY_CODES), actor);
          return c.redirect(view.link(`${PATH}/${realm.id}`, { done: 'created' }), 303);
        },
      },
    },
    render: async (c, visit, shown) => {
      const { actor, realmId, view } = visit;
      const common = view.text.adminOperations;
      const text = common.realms;
      const after = RealmFields.id.safeParse(c.req.query('cursor')).data ?? null;
      const isOwner = actor.role === 'owner';
      const page = isOwner
        ? await realms.list(actor, { after, limit: PER_PAGE })
        : { rows: [await realms.get(realmId, actor, realmId)], total: 1, nextCursor: null };
      const refused = refusedIn(shown, 'create');
      const { problem, values } = refused ?? {};
      const home = (id: string) =>
        `${new URL(issuerOf(services.config.ORIGIN, id)).pathname.replace(/\/$/, '')}${ADMIN_PAGES.overview}`;
      return (
        <AdminFrame visit={visit} page="realms" failed={refused !== undefined}>
          <p class="soft">{text.text}</p>
          <Count view={view} total={page.total} />
          <div class="panel">
            <Table
              label={view.text.admin.pages.realms}
              head={
                <>
                  <th scope="col">{text.realm}</th>
                  <th scope="col">{text.registration}</th>
                  <th scope="col">
                    <span class="hidden">{text.manage}</span>
                  </th>
                </>
              }
            >
              {page.rows.map((row) => (
                <tr>
                  <th scope="row">
                    <a href={view.link(`${PATH}/${row.id}`)}>{row.name}</a>
                    <div class="soft">
                      <code>{row.id}</code>
                    </div>
                  </th>
                  <td>{text.registrations[row.registration]}</td>
                  <td>
                    <a href={home(row.id)} aria-label={text.manageNamed(row.name)}>
                      {text.manage}
                    </a>
                  </td>
                </tr>
              ))}
            </Table>
          </div>
          <Pager view={view} path={PATH} isFirst={!after} next={page.nextCursor} />
          {(isOwner || refused) && (
            <Panel id="create" title={text.create}>
              <Form view={view} problem={problem} button={text.createButton} look="plain">
                <Hidden name="form" value="create" />
                <div class="pair">
                  <Field
                    name="id"
                    label={text.id}
                    hint={text.idHint}
                    problem={problem}
                    value={values?.id}
                    required
                    maxlength={40}
                    autocomplete="off"
                  />
                  <Field
                    name="name"
                    label={text.name}
                    problem={problem}
                    value={values?.name}
                    required
                    maxlength={100}
                    autocomplete="off"
                  />
                </div>
              </Form>
            </Panel>
          )}
        </AdminFrame>
      );
    },
  });
  const one = adminPage(services, {
    path: `${PATH}/:id`,
    forms: {
      policy: {
        act: async (c, visit, values) => {
          await realms.update(c.req.param('id') ?? '', patchOf(values), visit.actor, visit.realmId);
          return backTo(c, visit, { done: 'saved' });
        },
      },
      rotate: {
        act: async (c, { actor, realmId }) => {
          const { id } = await realms.get(c.req.param('id') ?? '', actor, realmId);
          await signingKeys.rotate(id, actor);
          return 'rotated';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { actor, realmId, view } = visit;
      const common = view.text.adminOperations;
      const row = await realms.get(c.req.param('id') ?? '', actor, realmId);
      const keys = await signingKeys.list(row.id);
      const refused = refusedIn(shown, 'policy');
      const said = saidOf(view, shown.done);
      return (
        <AdminFrame visit={visit} page="realms" title={row.name} said={said} failed={refused !== undefined}>
          <p class="soft">
            <code>{issuerOf(services.config.ORIGIN, row.id)}</code>
          </p>
          <Panel id="policy" title={common.realms.policy}>
            <Form view={view} problem={refused?.problem} button={common.save}>
              <Hidden name="form" value="policy" />
              <PolicyFields view={view} row={row} refused={refused} />
            </Form>
          </Panel>
          <SigningKeyPanel view={view} keys={keys} />
          <p>
            <a href={view.link(PATH)}>{common.back}</a>
          </p>
        </AdminFrame>
      );
    },
  });
  return new Hono<AppEnv>().route('/', list).route('/', one);
}
