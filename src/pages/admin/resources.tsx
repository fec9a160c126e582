import { NewProtectedResource } from '../../authorization-server/resource-schemas.ts';
import type { ProtectedResourceRow } from '../../authorization-server/tables.ts';
import { fieldError } from '../../errors.ts';
import { ChoiceField, controlAttributes, Field, FieldProblem, Form, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Badge, Entry, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { adminMessages } from './messages.ts';
import { resourcesMessages } from './resources-messages.ts';
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
      return (
        <AdminFrame visit={visit} page="resources" shown={shown}>
          <p class="soft">{text.text}</p>
          <Panel id="create" title={text.create}>
            <NewResourceForm view={view} refused={refusedIn(shown, 'create')} />
          </Panel>
          {rows.length > 0 && (
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
      delete: {
        fresh: true,
        act: async (_, { actor, realmId }, { resource: id = '', ...values }) => {
          if (values[`confirm.${id}`] === undefined) {
            throw fieldError(`confirm.${id}`, 'confirm', 'Needs to be confirmed');
          }
          await protectedResources.delete({ id, realmId }, actor);
          return 'deleted';
        },
      },
    },
  });
}

function NewResourceForm({ view, refused }: { view: View; refused: RefusedForm | undefined }) {
  const text = resourcesMessages[view.language];
  const field = fieldsOf(refused);
  return (
    <Form view={view} name="create" problem={refused?.problem} button={text.createButton}>
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
    </Form>
  );
}

function ResourceEntry(props: { view: View; row: ProtectedResourceRow; refused: RefusedForm | undefined }) {
  const { view, row, refused } = props;
  const text = resourcesMessages[view.language];
  const problem = refused?.form === 'delete' ? refused.problem : undefined;
  const confirm = `confirm.${row.id}`;
  return (
    <Entry
      name={row.name}
      badge={row.open && <Badge>{text.openBadge}</Badge>}
      about={[
        <>
          <code>{row.identifier}</code> {row.scopes.length > 0 && `· ${row.scopes.join(' ')}`}
        </>,
        <a href={view.path(`/.well-known/oauth-protected-resource/${row.id}`)}>{text.metadata}</a>,
        <>
          {text.created}: <Time view={view} at={row.createdAt} />
        </>,
      ]}
    >
      <details class="change" open={refused !== undefined}>
        <summary>{text.change(row.name)}</summary>
        <Form
          view={view}
          name="delete"
          hidden={{ resource: row.id }}
          problem={problem}
          button={text.delete}
          look="danger"
        >
          <label class="choice">
            <input type="checkbox" {...controlAttributes(confirm, problem)} required />
            {text.confirm}
          </label>
          <FieldProblem name={confirm} problem={problem} />
        </Form>
      </details>
    </Entry>
  );
}
