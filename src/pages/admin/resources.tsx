import { NewProtectedResource, ProtectedResourcePatch } from '../../authorization-server/resource-schemas.ts';
import type { ProtectedResourceRow } from '../../authorization-server/tables.ts';
import { adminMessages, resourcesMessages } from '../../languages/messages.ts';
import { ConfirmedDelete, requireConfirmation } from '../kit/confirmed-delete.tsx';
import { ChoiceField, Field, Form, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid, validEntry } from '../kit/form-data.ts';
import { labelOf } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Badge, Entry, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, NewEntryDialog, NothingYet } from './frame.tsx';
import { type AdminServices, adminArea } from './visit.ts';

/** What tokens of clients may be for: APIs and MCP servers of the realm. */
export function adminResourcesPageRoutes(services: AdminServices) {
  const { protectedResources } = services;
  return pageRoutes(adminArea(services), {
    path: ADMIN_PAGES.resources,
    messages: resourcesMessages,
    render: async (_, visit, shown) => {
      const { realmId, view } = visit;
      const text = resourcesMessages[view.language];
      const rows = await protectedResources.list(realmId);
      const creation = refusedIn(shown, 'create');
      return (
        <AdminFrame
          visit={visit}
          page="resources"
          shown={shown}
          act={
            <NewEntryDialog
              view={view}
              form="create"
              refused={creation}
              open={text.create}
              button={text.createButton}
            >
              <NewResourceFields view={view} refused={creation} />
            </NewEntryDialog>
          }
        >
          <p class="soft">{text.text}</p>
          {rows.length === 0 ? (
            <NothingYet view={view} page="resources" />
          ) : (
            <section class="panel" aria-label={adminMessages[view.language].pages.resources}>
              <ul class="rows">
                {rows.map((row) => (
                  <ResourceEntry
                    view={view}
                    row={row}
                    refused={shown.refused?.values.resource === row.id ? shown.refused : undefined}
                  />
                ))}
              </ul>
            </section>
          )}
        </AdminFrame>
      );
    },
    forms: {
      create: {
        fresh: true,
        act: async (_, { actor, realmId }, values) => {
          const sent = {
            name: values.name ?? '',
            resource: values.resource ?? '',
            scopes: (values.scopes ?? '').split(/\s+/).filter(Boolean),
            open: values.open !== undefined,
          };
          const body = valid(NewProtectedResource, sent, { resource: 'resource_address' });
          await protectedResources.create(realmId, body, actor);
          return 'created';
        },
      },
      edit: {
        fresh: true,
        act: async (_, { actor, realmId }, { resource: id = '', ...values }) => {
          const named = (name: string) => values[`${name}.${id}`];
          const seconds = named('access_token_seconds')?.trim() || null;
          const sent = {
            name: named('name') ?? '',
            scopes: (named('scopes') ?? '').split(/\s+/).filter(Boolean),
            open: named('open') !== undefined,
            access_token_seconds: seconds === null ? null : Number(seconds),
          };
          const patch = validEntry(ProtectedResourcePatch, sent, id);
          await protectedResources.update({ id, realmId }, patch, actor);
          return 'changed';
        },
      },
      delete: {
        fresh: true,
        act: async (_, { actor, realmId }, { resource: id = '', ...values }) => {
          requireConfirmation(id, values);
          await protectedResources.delete({ id, realmId }, actor);
          return 'deleted';
        },
      },
    },
  });
}

function NewResourceFields({ view, refused }: { view: View; refused: RefusedForm | undefined }) {
  const text = resourcesMessages[view.language];
  const field = fieldsOf(refused);
  return (
    <>
      <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="off" />
      <Field
        {...field('resource')}
        type="url"
        label={text.resource}
        hint={text.resourceHint}
        required
        maxlength={2000}
        autocomplete="off"
      />
      <Field
        {...field('scopes')}
        label={text.scopes}
        hint={text.scopesHint}
        maxlength={2000}
        autocomplete="off"
      />
      <ChoiceField name="open" checked={refused?.values.open !== undefined}>
        {text.open}
      </ChoiceField>
    </>
  );
}

function ResourceEntry(props: { view: View; row: ProtectedResourceRow; refused: RefusedForm | undefined }) {
  const { view, row, refused } = props;
  const text = resourcesMessages[view.language];
  return (
    <Entry
      icon={<Icon name="server" />}
      name={row.name}
      badge={row.open && <Badge>{text.openBadge}</Badge>}
      about={[
        <>
          <code>{row.identifier}</code> {row.scopes.length > 0 && `· ${row.scopes.join(' ')}`}
        </>,
        <a href={view.path(`/.well-known/oauth-protected-resource/${row.id}`)}>{text.metadata}</a>,
        <>
          {labelOf(view, text.created)}
          <Time view={view} at={row.createdAt} />
        </>,
      ]}
    >
      <details class="change" open={refused !== undefined}>
        <summary>{text.change(row.name)}</summary>
        <EditForm view={view} row={row} refused={refused} />
        <ConfirmedDelete
          view={view}
          named={{ resource: row.id }}
          id={row.id}
          refused={refused}
          confirm={text.confirm}
          button={text.delete}
        />
      </details>
    </Entry>
  );
}

function EditForm(props: { view: View; row: ProtectedResourceRow; refused: RefusedForm | undefined }) {
  const { view, row } = props;
  const refused = props.refused?.form === 'edit' ? props.refused : undefined;
  const text = resourcesMessages[view.language];
  const named = (name: string) => `${name}.${row.id}`;
  const { accessTokenSeconds, name, open, scopes } = row;
  const field = fieldsOf(refused, {
    [named('name')]: name,
    [named('scopes')]: scopes.join(' '),
    [named('access_token_seconds')]: accessTokenSeconds === null ? '' : String(accessTokenSeconds),
  });
  const isOpen = refused ? refused.values[named('open')] !== undefined : open;
  return (
    <Form
      view={view}
      name="edit"
      hidden={{ resource: row.id }}
      problem={refused?.problem}
      button={text.save}
      look="plain"
    >
      <Field {...field(named('name'))} label={text.name} required maxlength={100} autocomplete="off" />
      <Field
        {...field(named('scopes'))}
        label={text.scopes}
        hint={text.scopesHint}
        maxlength={2000}
        autocomplete="off"
      />
      <Field
        {...field(named('access_token_seconds'))}
        label={text.seconds}
        hint={text.secondsHint}
        inputmode="numeric"
        maxlength={10}
        autocomplete="off"
      />
      <ChoiceField name={named('open')} checked={isOpen}>
        {text.open}
      </ChoiceField>
    </Form>
  );
}
