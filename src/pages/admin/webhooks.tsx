import type { AppContext } from '../../http/context.ts';
import { adminMessages, webhooksMessages } from '../../languages/messages.ts';
import { NewWebhook } from '../../webhooks/schemas.ts';
import type { ShownEndpoint } from '../../webhooks/service.ts';
import type { WebhookEndpointRow } from '../../webhooks/tables.ts';
import { CopyButton } from '../kit/dialog.tsx';
import { Field, fieldsOf } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import { labelOf } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Badge, Entry, TimeOr } from '../kit/panel.tsx';
import { show, type View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, NewEntryDialog, NothingYet } from './frame.tsx';
import { HooksPanel, hookForms } from './hooks.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

/** The endpoints of the realm. A secret is shown by the answer to the form that made it, and never again. */
export function adminWebhooksPageRoutes(services: AdminServices) {
  const { hooks, webhooks } = services;
  const render = async (visit: AdminVisit, shown: Shown, secret?: string) => {
    const { realmId, view } = visit;
    const text = webhooksMessages[view.language];
    const creation = refusedIn(shown, 'create');
    const [known, asked] = await Promise.all([webhooks.list(realmId), hooks.list(realmId)]);
    return (
      <AdminFrame
        visit={visit}
        page="webhooks"
        shown={shown}
        act={
          <NewEntryDialog
            view={view}
            form="create"
            refused={creation}
            open={text.create}
            button={text.createButton}
          >
            <NewWebhookFields view={view} refused={creation} />
          </NewEntryDialog>
        }
      >
        <p class="soft">{text.text}</p>
        {secret && <NewSecret view={view} secret={secret} />}
        {known.length === 0 ? (
          <NothingYet view={view} page="webhooks" />
        ) : (
          <section class="panel" aria-label={adminMessages[view.language].pages.webhooks}>
            <ul class="rows">
              {known.map((one) => (
                <WebhookEntry view={view} known={one} />
              ))}
            </ul>
          </section>
        )}
        <HooksPanel view={view} asked={asked} shown={shown} />
      </AdminFrame>
    );
  };
  return pageRoutes(adminArea(services), {
    path: ADMIN_PAGES.webhooks,
    messages: webhooksMessages,
    render: (_: AppContext, visit, shown) => render(visit, shown),
    forms: {
      ...hookForms(hooks, (c, visit, secret) =>
        render(visit, {}, secret).then((page) => show(c, visit.view, page)),
      ),
      create: {
        fresh: true,
        act: async (c, visit, values) => {
          const names = (values.events ?? '').split(/\s+/).filter(Boolean);
          const body = valid(
            NewWebhook,
            {
              url: values.url ?? '',
              description: values.description ?? '',
              events: names.length > 0 ? names : null,
            },
            { url: 'webhook_address', events: 'event_names', description: 'name' },
          );
          const { secret } = await webhooks.create(visit.realmId, body, visit.actor);
          return show(c, visit.view, await render(visit, {}, secret));
        },
      },
    },
  });
}

/** A secret, which its reader has to keep now. */
export function NewSecret({ view, secret }: { view: View; secret: string }) {
  const text = webhooksMessages[view.language];
  return (
    <section class="notice good" role="status" aria-labelledby="new-secret">
      <h2 id="new-secret">{text.shownOnce}</h2>
      <p>
        <code class="secret">{secret}</code> <CopyButton view={view} text={secret} />
      </p>
      <p>{text.shownOnceText}</p>
    </section>
  );
}

/** How an endpoint does. */
export function WebhookBadge({ view, row }: { view: View; row: WebhookEndpointRow }) {
  const text = webhooksMessages[view.language];
  if (row.status === 'disabled') return <Badge look="bad">{text.statuses.disabled}</Badge>;
  if (row.failingSince !== null) return <Badge look="bad">{text.failing}</Badge>;
  return <Badge look="good">{text.statuses.active}</Badge>;
}

function NewWebhookFields({ view, refused }: { view: View; refused: RefusedForm | undefined }) {
  const text = webhooksMessages[view.language];
  const field = fieldsOf(refused);
  return (
    <>
      <Field
        {...field('url')}
        type="url"
        label={text.url}
        hint={text.urlHint}
        required
        maxlength={2000}
        autocomplete="off"
      />
      <Field
        {...field('events')}
        label={text.events}
        hint={text.eventsHint}
        maxlength={4000}
        autocomplete="off"
      />
      <Field {...field('description')} label={text.description} maxlength={200} autocomplete="off" />
    </>
  );
}

function WebhookEntry({ view, known: { row } }: { view: View; known: ShownEndpoint }) {
  const text = webhooksMessages[view.language];
  const { host } = new URL(row.url);
  return (
    <Entry
      icon={<Icon name="webhook" />}
      name={<a href={view.link(`${ADMIN_PAGES.webhooks}/${row.id}`)}>{row.description || host}</a>}
      badge={<WebhookBadge view={view} row={row} />}
      about={[
        // Without a name of its own it is called by its host.
        ...(row.description ? [<code>{host}</code>] : []),
        row.events === null ? text.allEvents : row.events.join(' '),
        <>
          {labelOf(view, text.delivered)}
          <TimeOr view={view} at={row.deliveredAt} none={text.never} />
        </>,
      ]}
    />
  );
}
