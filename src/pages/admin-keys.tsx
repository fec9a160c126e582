import { ApiKeyQuery, NewApiKey, Rotation } from '../api-keys/schemas.ts';
import { fieldError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { SCOPES } from '../lib/scopes.ts';
import { rfc3339 } from '../lib/time.ts';
import { Panel } from './account-frame.tsx';
import { refusedIn, type Shown } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame } from './admin-frame.tsx';
import { KeyEntry, NewKeyFields } from './admin-key-parts.tsx';
import { adminPage } from './admin-page.ts';
import { Count, checked, dayOf, Pager, saidOf } from './admin-parts.tsx';
import type { AdminServices, AdminVisit } from './admin-visit.ts';
import { Form, Hidden } from './form.tsx';
import { show } from './view.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.keys;

/** The keys of services: made, rotated, revoked. A key is shown by the answer to the form that made it, and never again. */
export function adminKeyRoutes(services: AdminServices) {
  const { apiKeys } = services;
  const render = async (c: AppContext, visit: AdminVisit, shown: Shown & { key?: string }) => {
    const { realmId, view } = visit;
    const text = view.text.adminOperations.keys;
    const cursor = ApiKeyQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
    const page = await apiKeys.list(realmId, { limit: PER_PAGE, cursor });
    const { refused, key } = shown;
    const wrong = refusedIn(shown, 'create');
    const isElsewhere = refused && !wrong && !page.rows.some(({ id }) => id === refused.values.key);
    return (
      <AdminFrame visit={visit} page="keys" said={saidOf(view, shown.done)} failed={refused !== undefined}>
        <p class="soft">{text.text}</p>
        {key && (
          <section class="notice good" role="status" aria-labelledby="new-key">
            <h2 id="new-key">{text.shownOnce}</h2>
            <p>
              <code class="secret">{key}</code>
            </p>
            <p>{text.shownOnceText}</p>
          </section>
        )}
        {isElsewhere && (
          <p class="notice bad" role="alert">
            {refused.problem.summary}
          </p>
        )}
        <Panel id="create" title={text.create}>
          <Form view={view} problem={wrong?.problem} button={text.createButton}>
            <Hidden name="form" value="create" />
            <NewKeyFields view={view} refused={wrong} />
          </Form>
        </Panel>
        <Count view={view} total={page.total} />
        {page.rows.length > 0 && (
          <section class="panel" aria-label={view.text.admin.pages.keys}>
            <ul class="rows">
              {page.rows.map((row) => (
                <KeyEntry
                  view={view}
                  row={row}
                  refused={refused?.values.key === row.id ? refused : undefined}
                />
              ))}
            </ul>
          </section>
        )}
        <Pager view={view} path={PATH} isFirst={!cursor} next={page.nextCursor} />
      </AdminFrame>
    );
  };
  return adminPage(services, {
    path: PATH,
    render,
    forms: {
      create: {
        act: async (c, visit, values) => {
          const fields = checked(
            NewApiKey,
            {
              name: values.name ?? '',
              scopes: SCOPES.filter((scope) => values[`scopes.${scope}`] !== undefined),
              expires_at: expiryOf(values.expires_at),
            },
            { name: 'short_name' },
          );
          const { name, scopes, expires_at } = fields;
          const expiresAt = expires_at ? Date.parse(expires_at) : null;
          const { text } = await apiKeys.create(visit.realmId, { name, scopes, expiresAt }, visit.actor);
          return show(c, visit.view, await render(c, visit, { key: text }));
        },
      },
      rotate: {
        act: async (c, visit, values) => {
          const id = values.key ?? '';
          const { overlap_seconds } = checked(Rotation, {
            overlap_seconds: Number(values[`overlap.${id}`] ?? Number.NaN),
          });
          const { text } = await apiKeys.rotate({ id, realmId: visit.realmId }, overlap_seconds, visit.actor);
          return show(c, visit.view, await render(c, visit, { key: text }));
        },
      },
      revoke: {
        act: async (_, { actor, realmId }, values) => {
          const id = values.key ?? '';
          if (values[`confirm.${id}`] === undefined) {
            throw fieldError(`confirm.${id}`, 'confirm', 'Needs to be confirmed');
          }
          await apiKeys.revoke({ id, realmId }, actor);
          return 'revoked';
        },
      },
    },
  });
}

/** The end of a day of a form, as it goes over the wire; what is no day as it is. */
function expiryOf(value = ''): string | null {
  if (value === '') return null;
  const { end } = dayOf(value);
  return end === undefined ? value : rfc3339(end);
}
