import { ApiKeyQuery, NewApiKey, Rotation } from '../../api-keys/schemas.ts';
import { isSuspended, type KnownKey } from '../../api-keys/service.ts';
import type { ApiKeyRow } from '../../api-keys/tables.ts';
import { fieldError } from '../../errors.ts';
import type { AppContext } from '../../http/context.ts';
import { adminMessages, keysMessages, kitMessages } from '../../languages/messages.ts';
import { SCOPES } from '../../lib/scopes.ts';
import { ChoiceField, controlAttributes, Field, FieldProblem, Form, fieldsOf, Select } from '../kit/form.tsx';
import { expiryOf, type RefusedForm, valid } from '../kit/form-data.ts';
import { labelOf } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { Expiry, ShownKey } from '../kit/key.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Badge, Entry, Time, TimeOr } from '../kit/panel.tsx';
import { Count, Pager } from '../kit/table.tsx';
import { show, type View } from '../kit/view.ts';
import { ADMIN_PAGES, AdminFrame, NewEntryDialog, NothingYet } from './frame.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

const PER_PAGE = 50;
const PATH = ADMIN_PAGES.keys;

/** The API keys of services. A key is shown by the answer to the form that made it, and never again. */
export function adminKeysPageRoutes(services: AdminServices) {
  const { apiKeys } = services;
  const render = async (c: AppContext, visit: AdminVisit, shown: Shown, key?: string) => {
    const { realmId, view } = visit;
    const text = keysMessages[view.language];
    const cursor = ApiKeyQuery.shape.cursor.safeParse(c.req.query('cursor')).data;
    const page = await apiKeys.list(realmId, { limit: PER_PAGE, cursor });
    const { refused } = shown;
    const creation = refusedIn(shown, 'create');
    const hasNoForm = refused && !creation && !page.rows.some(({ row }) => row.id === refused.values.key);
    return (
      <AdminFrame
        visit={visit}
        page="keys"
        shown={shown}
        act={
          <NewEntryDialog
            view={view}
            form="create"
            refused={creation}
            open={text.create}
            button={text.createButton}
          >
            <NewKeyFields view={view} refused={creation} />
          </NewEntryDialog>
        }
      >
        <p class="soft">{text.text}</p>
        {key && <ShownKey view={view} text={key} />}
        {hasNoForm && <Alert>{refused.problem.summary}</Alert>}
        {page.total > 0 && <Count view={view} total={page.total} />}
        {page.rows.length === 0 ? (
          <NothingYet view={view} page="keys" />
        ) : (
          <section class="panel" aria-label={adminMessages[view.language].pages.keys}>
            <ul class="rows">
              {page.rows.map((known) => (
                <KeyEntry
                  view={view}
                  known={known}
                  isOwner={visit.actor.role === 'owner'}
                  refused={refused?.values.key === known.row.id ? refused : undefined}
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
    messages: keysMessages,
    render,
    forms: {
      create: {
        fresh: true,
        act: async (c, visit, values) => {
          const { name, scopes, expires_at } = valid(
            NewApiKey,
            {
              name: values.name ?? '',
              scopes: SCOPES.filter((scope) => values[`scopes.${scope}`] !== undefined),
              expires_at: expiryOf(values.expires_at),
            },
            { name: 'short_name' },
          );
          const expiresAt = expires_at ? Date.parse(expires_at) : null;
          const { text } = await apiKeys.create(visit.realmId, { name, scopes, expiresAt }, visit.actor);
          return show(c, visit.view, await render(c, visit, {}, text));
        },
      },
      rotate: {
        fresh: true,
        act: async (c, visit, { key: id = '', ...values }) => {
          const overlap = Number(values[`overlap.${id}`] ?? Number.NaN);
          const { overlap_seconds } = valid(Rotation, { overlap_seconds: overlap });
          const { text } = await apiKeys.rotate({ id, realmId: visit.realmId }, overlap_seconds, visit.actor);
          return show(c, visit.view, await render(c, visit, {}, text));
        },
      },
      take_over: {
        fresh: true,
        act: async (_, { actor, realmId }, { key: id = '' }) => {
          await apiKeys.takeOver({ id, realmId }, actor);
          return 'taken_over';
        },
      },
      revoke: {
        fresh: true,
        act: async (_, { actor, realmId }, { key: id = '', ...values }) => {
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

function NewKeyFields({ view, refused }: { view: View; refused: RefusedForm | undefined }) {
  const text = keysMessages[view.language];
  const { problem, values } = refused ?? {};
  const field = fieldsOf(refused);
  return (
    <>
      <div class="pair">
        <Field {...field('name')} label={text.name} required maxlength={100} autocomplete="off" />
        <Field {...field('expires_at')} type="date" label={text.expires} hint={text.expiresHint} />
      </div>
      <fieldset class="choices" id="scopes" aria-describedby={problem?.fields.scopes && 'scopes-problem'}>
        <legend>{text.scopes}</legend>
        <FieldProblem name="scopes" problem={problem} />
        {SCOPES.map((scope) => (
          <ChoiceField name={`scopes.${scope}`} checked={values?.[`scopes.${scope}`] !== undefined}>
            <span>
              {text.scopeNames[scope]} <code class="soft">{scope}</code>
            </span>
          </ChoiceField>
        ))}
      </fieldset>
    </>
  );
}

/** A key in the list, with what can be done about it. */
function KeyEntry(props: {
  view: View;
  known: KnownKey;
  /** Whether the reader may take it over. */
  isOwner: boolean;
  refused: RefusedForm | undefined;
}) {
  const { view, known, isOwner, refused } = props;
  const { row, isKept } = known;
  const text = keysMessages[view.language];
  const now = Date.now();
  const state = stateOf(known, now);
  const { expiresAt, previousExpiresAt: previous } = row;
  return (
    <Entry
      icon={<Icon name="key-round" />}
      name={row.name}
      badge={<Badge look={state === 'active' ? 'good' : undefined}>{text.states[state]}</Badge>}
      about={[
        <>
          <code>{row.prefix}…</code> · {row.scopes.join(', ')}
        </>,
        <>
          {labelOf(view, text.created)}
          <Time view={view} at={row.createdAt} /> · {labelOf(view, text.lastUsed)}
          <TimeOr view={view} at={row.lastUsedAt} none={kitMessages[view.language].never} />
        </>,
        !isKept && (state === 'suspended' ? text.suspendedText : text.unkept),
        expiresAt !== null && (
          <>
            {labelOf(view, text.expires)}
            <Expiry view={view} at={expiresAt} />
          </>
        ),
        previous !== null && previous > now && (
          <>
            {labelOf(view, text.previousUntil)}
            <Time view={view} at={previous} />
          </>
        ),
      ]}
    >
      {['active', 'suspended'].includes(state) && (
        <KeyForms view={view} row={row} refused={refused} mayTakeOver={isOwner && !isKept} />
      )}
    </Entry>
  );
}

function KeyForms(props: {
  view: View;
  row: ApiKeyRow;
  refused: RefusedForm | undefined;
  mayTakeOver: boolean;
}) {
  const { view, row, refused, mayTakeOver } = props;
  const text = keysMessages[view.language];
  const problemIn = (form: string) => (refused?.form === form ? refused.problem : undefined);
  const confirm = `confirm.${row.id}`;
  const hidden = { key: row.id };
  return (
    <details class="change" open={refused !== undefined}>
      <summary>{text.change(row.name)}</summary>
      {mayTakeOver && (
        <Form
          view={view}
          name="take_over"
          hidden={hidden}
          problem={problemIn('take_over')}
          button={text.takeOver}
          look="plain"
        />
      )}
      <Form
        view={view}
        name="rotate"
        hidden={hidden}
        problem={problemIn('rotate')}
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
      <Form
        view={view}
        name="revoke"
        hidden={hidden}
        problem={problemIn('revoke')}
        button={text.revoke}
        look="danger"
      >
        <label class="choice">
          <input type="checkbox" {...controlAttributes(confirm, problemIn('revoke'))} required />
          {text.confirm}
        </label>
        <FieldProblem name={confirm} problem={problemIn('revoke')} />
      </Form>
    </details>
  );
}

function stateOf(known: KnownKey, now: number): 'active' | 'revoked' | 'expired' | 'suspended' {
  const { revokedAt, expiresAt } = known.row;
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return isSuspended(known) ? 'suspended' : 'active';
}
