import { Hono } from 'hono';
import type { Admin } from '../../admin/service.ts';
import { ApiError } from '../../errors.ts';
import type { AppContext, AppEnv } from '../../http/context.ts';
import { adminMessages, kitMessages, realmsMessages, userMessages } from '../../languages/messages.ts';
import { JURISDICTIONS } from '../../lib/jurisdiction.ts';
import { issuerOf } from '../../lib/realm.ts';
import { NewRealm } from '../../realms/admin-schemas.ts';
import { RealmFields } from '../../realms/schemas.ts';
import { Form, fieldsOf, Select } from '../kit/form.tsx';
import { fileOf, valid } from '../kit/form-data.ts';
import { answerForm, type PageArea, type PageDefinition, pageRoutes, refusedIn } from '../kit/page.ts';
import { Panel, Time, TimeOr } from '../kit/panel.tsx';
import { Count, Pager, Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, BackLink, NewEntryDialog, NewEntryFields } from './frame.tsx';
import { askedTab, PageTabs } from './page-tabs.tsx';
import {
  AppearancePanels,
  appearanceIn,
  isRealmPicture,
  limitPicture,
  pictureIn,
  showPreview,
  withoutPicture,
} from './realm-appearance.tsx';
import { PolicyForm, policyPatch } from './realm-policy.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.realms;

/** The forms of each tab of a realm's page. */
const REALM_FORMS = { appearance: ['appearance', 'remove_picture'], policy: ['policy'], keys: ['rotate'] };

/** Realms: owners see all of them, admins their own. */
export function adminRealmsPageRoutes(services: AdminServices) {
  const { realms, signingKeys } = services.admin;
  const { ORIGIN } = services.config;
  const area = adminArea(services);
  const list = pageRoutes(area, {
    path: PATH,
    forms: {
      create: {
        fresh: true,
        act: async (c, { actor, view }, { id, name, database, jurisdiction }) => {
          const place = { ...(database && { database }), ...(jurisdiction && { jurisdiction }) };
          const body = valid(NewRealm, { id, name, ...place }, { name: 'short_name' });
          const realm = await realms.create(body, actor);
          return c.redirect(view.link(`${PATH}/${realm.id}`, { done: 'created' }), 303);
        },
      },
    },
    render: async (c, visit, shown) => {
      const { actor, realmId, view } = visit;
      const text = realmsMessages[view.language];
      const after = RealmFields.id.safeParse(c.req.query('cursor')).data ?? null;
      const isOwner = actor.role === 'owner';
      const page = isOwner
        ? await realms.list(actor, { after, limit: PER_PAGE })
        : { rows: [await realms.get(realmId, actor, realmId)], total: 1, nextCursor: null };
      const refused = refusedIn(shown, 'create');
      const rows = page.rows.map((row) => (
        <tr>
          <th scope="row">
            <a href={view.link(`${PATH}/${row.id}`)}>{row.name}</a>
            <div class="soft">
              <code>{row.id}</code>
            </div>
          </th>
          <td data-head={text.registration}>{text.registrations[row.registration]}</td>
          <td data-head={text.database}>
            <code>{row.database}</code>
            {row.jurisdiction && <div class="soft">{text.jurisdictions[row.jurisdiction]}</div>}
          </td>
          <td data-head="">
            <a href={dashboardOf(ORIGIN, row.id)} aria-label={text.manageNamed(row.name)}>
              {text.manage}
            </a>
          </td>
        </tr>
      ));
      return (
        <AdminFrame
          visit={visit}
          page="realms"
          shown={shown}
          act={
            (isOwner || refused) && (
              <NewEntryDialog
                view={view}
                form="create"
                refused={refused}
                open={text.add}
                button={text.addButton}
              >
                <NewEntryFields refused={refused} text={text} />
                {isOwner && <PlaceFields view={view} databases={realms.databases(actor)} refused={refused} />}
              </NewEntryDialog>
            )
          }
        >
          <p class="soft">{text.text}</p>
          <Count view={view} total={page.total} />
          <div class="panel">
            <Table
              look="stacks"
              label={adminMessages[view.language].pages.realms}
              columns={[text.realm, text.registration, text.database, { hidden: text.manage }]}
              rows={rows}
            />
          </div>
          <Pager view={view} path={PATH} isFirst={!after} next={page.nextCursor} />
        </AdminFrame>
      );
    },
  });
  const page: PageDefinition<AdminVisit> = {
    path: `${PATH}/:id`,
    messages: realmsMessages,
    forms: {
      appearance: {
        fresh: true,
        act: async (c, { actor, realmId }, values) => {
          await realms.update(c.req.param('id') ?? '', appearanceIn(values), actor, realmId);
          return 'looks';
        },
      },
      remove_picture: {
        fresh: true,
        act: async (c, { actor, realmId }, { picture }) => {
          await realms.update(c.req.param('id') ?? '', withoutPicture(picture), actor, realmId);
          return 'picture_removed';
        },
      },
      policy: {
        fresh: true,
        act: async (c, { actor, realmId }, values) => {
          await realms.update(c.req.param('id') ?? '', policyPatch(values), actor, realmId);
          return 'saved';
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
      const row = await realms.get(c.req.param('id') ?? '', actor, realmId);
      const text = realmsMessages[view.language];
      const path = `${PATH}/${row.id}`;
      const tab = askedTab<keyof typeof REALM_FORMS>(c, shown, REALM_FORMS, 'appearance');
      return (
        <AdminFrame visit={visit} page="realms" title={row.name} shown={shown}>
          <p class="soft">
            <code>{issuerOf(ORIGIN, row.id)}</code>
          </p>
          <PageTabs
            view={view}
            path={path}
            label={userMessages[view.language].parts}
            current={tab}
            tabs={[
              ['appearance', text.appearance.title],
              ['policy', text.policy],
              ['keys', text.keys],
            ]}
          />
          {tab === 'appearance' && (
            <AppearancePanels
              view={view}
              row={row}
              path={path}
              refused={refusedIn(shown, 'appearance')}
              picture={shown.refused}
            />
          )}
          {tab === 'policy' && (
            <Panel id="policy" title={text.policy}>
              <PolicyForm view={view} row={row} refused={refusedIn(shown, 'policy')} />
            </Panel>
          )}
          {tab === 'keys' && <SigningKeyPanel view={view} keys={await signingKeys.list(row.id)} />}
          <BackLink visit={visit} page="realms" />
        </AdminFrame>
      );
    },
  };
  const preview = area.admit((c, visit) => showPreview(c, visit, services));
  return new Hono<AppEnv>()
    .route('/', list)
    .route('/', pageRoutes(area, page))
    .get(`${PATH}/:id/preview`, preview)
    .post(`${PATH}/:id/preview`, preview)
    .route('/', pictureRoutes(services, area, page));
}

/** Where pictures of a realm are sent to: at addresses of their own, because such a form may be larger than others. */
function pictureRoutes(
  services: AdminServices,
  area: PageArea<AdminVisit>,
  page: PageDefinition<AdminVisit>,
) {
  const { realms } = services.admin;
  const path = `${PATH}/:id/pictures/:picture`;
  const back = (c: AppContext, { view }: AdminVisit, done?: string) =>
    c.redirect(view.link(`${PATH}/${c.req.param('id')}`, done === undefined ? {} : { done }), 303);
  const replace = area.admit(async (c, visit) => {
    const { actor, realmId } = visit;
    const kind = c.req.param('picture');
    if (!isRealmPicture(kind)) throw new ApiError('not_found');
    const file = await fileOf(c, area.origin, `picture.${kind}`);
    return answerForm(c, visit, area, page, {
      name: kind,
      fresh: true,
      names: { '': `picture.${kind}` },
      // A proof that is asked for leads back: files do not wait.
      values: { form: 'proven' },
      act: async () => {
        await realms.putPicture(c.req.param('id') ?? '', kind, await pictureIn(file), actor, realmId);
        return back(c, visit, 'picture');
      },
    });
  });
  return new Hono<AppEnv>()
    .get(
      path,
      area.admit(async (c, visit) => back(c, visit)),
    )
    .post(path, limitPicture, (c, next) =>
      /^multipart\//i.test(c.req.header('content-type') ?? '') ? replace(c) : next(),
    )
    .route(
      '/',
      pageRoutes(area, {
        ...page,
        path,
        forms: { proven: { fresh: true, act: async (c, visit) => back(c, visit, 'proven') } },
      }),
    );
}

/** Where a new realm is to live; nothing where there is no choice. */
function PlaceFields(props: {
  view: View;
  databases: ReturnType<Admin['realms']['databases']>;
  refused: ReturnType<typeof refusedIn>;
}) {
  const { view, databases, refused } = props;
  if (databases.length === 1) return null;
  const text = realmsMessages[view.language];
  const field = fieldsOf(refused);
  const none: [string, string] = ['', kitMessages[view.language].notSet];
  return (
    <div class="pair">
      <Select
        {...field('database')}
        label={text.database}
        options={[none, ...databases.map(({ name }): [string, string] => [name, name])]}
      />
      <Select
        {...field('jurisdiction')}
        label={text.jurisdiction}
        options={[none, ...JURISDICTIONS.map((one): [string, string] => [one, text.jurisdictions[one]])]}
      />
    </div>
  );
}

/** The path of the dashboard of a realm. */
function dashboardOf(origin: string, realmId: string): string {
  return new URL(issuerOf(origin, realmId)).pathname.replace(/\/$/, '') + ADMIN_PAGES.overview;
}

type SigningKeys = Awaited<ReturnType<Admin['signingKeys']['list']>>;

/** The keys that sign a realm's access tokens. */
function SigningKeyPanel({ view, keys }: { view: View; keys: SigningKeys }) {
  const text = realmsMessages[view.language];
  const rows = keys.map((key) => (
    <tr>
      <th scope="row">
        <code>{key.id}</code>
      </th>
      <td>
        <Time view={view} at={key.signsFrom} />
      </td>
      <td>
        <TimeOr view={view} at={key.signsUntil} none={text.open} />
      </td>
      <td>
        <TimeOr view={view} at={key.publishedUntil} none={text.open} />
      </td>
    </tr>
  ));
  const columns = [text.key, text.signsFrom, text.signsUntil, text.publishedUntil];
  return (
    <Panel id="keys" title={text.keys}>
      <p class="soft">{text.keysText}</p>
      {rows.length > 0 && <Table label={text.key} columns={columns} rows={rows} />}
      <Form view={view} name="rotate" button={text.rotate} look="plain" />
    </Panel>
  );
}
