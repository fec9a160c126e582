import {
  ClientSecretRotation,
  isSelfRegistered,
  NewOAuthClient,
  OAuthClientQuery,
  OPENID_SCOPES,
} from '../../authorization-server/client-schemas.ts';
import type { OAuthClientRow } from '../../authorization-server/tables.ts';
import type { AppContext } from '../../http/context.ts';
import { adminMessages, clientsMessages } from '../../languages/messages.ts';
import { ConfirmedDelete, requireConfirmation } from '../kit/confirmed-delete.tsx';
import { CopyButton } from '../kit/dialog.tsx';
import { ChoiceField, Field, Form, fieldsOf, Select, TextArea } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { labelOf } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Badge, Entry, Time } from '../kit/panel.tsx';
import { Count, Pager } from '../kit/table.tsx';
import { show, type View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, NewEntryDialog, NothingYet } from './frame.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.clients;

/** The clients of the authorization server. A secret is shown by the answer to the form that made it, and never again. */
export function adminClientsPageRoutes(services: AdminServices) {
  const { oauthClients } = services;
  const render = async (
    c: AppContext,
    visit: AdminVisit,
    shown: Shown,
    made?: { row: OAuthClientRow; secret: string | null },
  ) => {
    const { realmId, view } = visit;
    const text = clientsMessages[view.language];
    const cursor = OAuthClientQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
    const page = await oauthClients.list(realmId, { limit: PER_PAGE, cursor });
    const { refused } = shown;
    const creation = refusedIn(shown, 'create');
    const hasNoForm = refused && !creation && !page.rows.some(({ id }) => id === refused.values.client);
    return (
      <AdminFrame
        visit={visit}
        page="clients"
        shown={shown}
        act={
          <NewEntryDialog
            view={view}
            form="create"
            refused={creation}
            open={text.create}
            button={text.createButton}
          >
            <NewClientFields view={view} refused={creation} />
          </NewEntryDialog>
        }
      >
        <p class="soft">{text.text}</p>
        {made && <MadeClient view={view} {...made} />}
        {hasNoForm && <Alert>{refused.problem.summary}</Alert>}
        {page.total > 0 && <Count view={view} total={page.total} />}
        {page.rows.length === 0 ? (
          <NothingYet view={view} page="clients" />
        ) : (
          <section class="panel" aria-label={adminMessages[view.language].pages.clients}>
            <ul class="rows">
              {page.rows.map((row) => (
                <ClientEntry
                  view={view}
                  row={row}
                  refused={refused?.values.client === row.id ? refused : undefined}
                />
              ))}
            </ul>
          </section>
        )}
        <Pager view={view} path={PATH} isFirst={!cursor} next={page.nextCursor} />
      </AdminFrame>
    );
  };
  return pageRoutes(adminArea(services), {
    path: PATH,
    messages: clientsMessages,
    render,
    forms: {
      create: {
        fresh: true,
        act: async (c, visit, values) => {
          const words = (value = '') => value.split(/\s+/).filter(Boolean);
          const body = valid(NewOAuthClient, {
            name: values.name ?? '',
            redirect_uris: words(values.redirect_uris),
            token_endpoint_auth_method: values.token_endpoint_auth_method,
            first_party: values.first_party !== undefined,
            subject_type: values.pairwise === undefined ? 'public' : 'pairwise',
            scopes: words(values.scopes),
          });
          const made = await oauthClients.create(visit.realmId, body, visit.actor);
          return show(c, visit.view, await render(c, visit, {}, made));
        },
      },
      rotate: {
        fresh: true,
        act: async (c, visit, { client: id = '', ...values }) => {
          const overlap = Number(values[`overlap.${id}`] ?? Number.NaN);
          const { overlap_seconds } = valid(ClientSecretRotation, { overlap_seconds: overlap });
          const client = { id, realmId: visit.realmId };
          const made = await oauthClients.rotateSecret(client, overlap_seconds, visit.actor);
          return show(c, visit.view, await render(c, visit, {}, made));
        },
      },
      delete: {
        fresh: true,
        act: async (_, { actor, realmId }, { client: id = '', ...values }) => {
          requireConfirmation(id, values);
          await oauthClients.delete({ id, realmId }, actor);
          return 'deleted';
        },
      },
    },
  });
}

function MadeClient({ view, row, secret }: { view: View; row: OAuthClientRow; secret: string | null }) {
  const text = clientsMessages[view.language];
  if (secret === null) {
    return (
      <p class="notice good" role="status">
        {text.made} <code>{row.id}</code>.
      </p>
    );
  }
  return (
    <section class="notice good" role="status" aria-labelledby="new-secret">
      <h2 id="new-secret">{text.shownOnce}</h2>
      <p>
        <code>{row.id}</code>
      </p>
      <p>
        <code class="secret">{secret}</code> <CopyButton view={view} text={secret} />
      </p>
      <p>{text.shownOnceText}</p>
    </section>
  );
}

function NewClientFields({ view, refused }: { view: View; refused: RefusedForm | undefined }) {
  const text = clientsMessages[view.language];
  const field = fieldsOf(refused, { scopes: OPENID_SCOPES.join(' ') });
  return (
    <>
      <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="off" />
      <TextArea
        {...field('redirect_uris')}
        label={text.redirectUris}
        hint={text.redirectUrisHint}
        maxlength={20_000}
      />
      <Select
        {...field('token_endpoint_auth_method')}
        label={text.kind}
        options={Object.entries(text.kinds)}
      />
      <Field
        {...field('scopes')}
        label={text.scopes}
        hint={text.scopesHint}
        maxlength={2000}
        autocomplete="off"
      />
      <ChoiceField name="first_party" checked={refused?.values.first_party !== undefined}>
        {text.firstParty}
      </ChoiceField>
      <ChoiceField name="pairwise" checked={refused?.values.pairwise !== undefined}>
        {text.pairwise}
      </ChoiceField>
    </>
  );
}

function ClientEntry({
  view,
  row,
  refused,
}: {
  view: View;
  row: OAuthClientRow;
  refused: RefusedForm | undefined;
}) {
  const text = clientsMessages[view.language];
  const { previousExpiresAt: previous } = row;
  const hasSecret = row.secretHash !== null;
  return (
    <Entry
      icon={<Icon name="box" />}
      name={row.name}
      badge={
        <>
          {row.firstParty && <Badge look="good">{text.firstPartyBadge}</Badge>}{' '}
          {row.authentication === 'none' && <Badge>{text.publicBadge}</Badge>}{' '}
          {row.subjectType === 'pairwise' && <Badge>{text.pairwiseBadge}</Badge>}{' '}
          {isSelfRegistered(row) && <Badge>{text.selfBadge}</Badge>}
        </>
      }
      about={[
        <>
          <code>{row.id}</code> · {row.scopes.join(' ')}
        </>,
        row.redirectUris.length > 0 && `${labelOf(view, text.leadsTo)}${row.redirectUris.join(', ')}`,
        <>
          {labelOf(view, text.created)}
          <Time view={view} at={row.createdAt} />
        </>,
        previous !== null && previous > Date.now() && (
          <>
            {labelOf(view, text.previousUntil)}
            <Time view={view} at={previous} />
          </>
        ),
      ]}
    >
      <details class="change" open={refused !== undefined}>
        <summary>{hasSecret ? text.change(row.name) : text.changePublic(row.name)}</summary>
        {hasSecret && <RotateForm view={view} row={row} refused={refused} />}
        <ConfirmedDelete
          view={view}
          named={{ client: row.id }}
          id={row.id}
          refused={refused}
          confirm={text.confirm}
          button={text.delete}
        />
      </details>
    </Entry>
  );
}

interface EntryForm {
  view: View;
  row: OAuthClientRow;
  refused: RefusedForm | undefined;
}

function RotateForm({ view, row, refused }: EntryForm) {
  const text = clientsMessages[view.language];
  const problem = refused?.form === 'rotate' ? refused.problem : undefined;
  return (
    <Form
      view={view}
      name="rotate"
      hidden={{ client: row.id }}
      problem={problem}
      button={text.rotate}
      look="plain"
    >
      <Select
        name={`overlap.${row.id}`}
        label={text.overlap}
        value="86400"
        options={Object.entries(text.overlaps)}
      />
    </Form>
  );
}
