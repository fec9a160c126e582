import type { Child } from 'hono/jsx';
import { adminMessages, usersMessages } from '../../languages/messages.ts';
import { Hidden } from '../kit/form.tsx';
import { labelOf } from '../kit/format.ts';
import { Alert } from '../kit/panel.tsx';
import { AdminFrame } from './frame.tsx';
import { BOX_PREFIX, type BulkChange } from './users-bulk.ts';
import type { AdminVisit } from './visit.ts';

/** What stands between choosing users and changing them all: what, of how many, and who they are. */
export function BulkConfirmation(props: {
  visit: AdminVisit;
  change: BulkChange;
  /** How many they are, and the first of them as people know them. */
  count: number;
  chosen: string[];
  /** Where it is not done. */
  cancel: string;
}) {
  const { visit, change, count, chosen, cancel } = props;
  const { act, ids, reason, all } = change;
  const { bulk } = usersMessages[visit.view.language];
  const whom: Record<string, string> =
    all === 'result' ? { result: 'on' } : Object.fromEntries(ids.map((id) => [BOX_PREFIX + id, 'on']));
  return (
    <BulkStep
      visit={visit}
      change={change}
      title={bulk.confirm[act](count)}
      button={bulk.confirmed[act](count)}
      hidden={{ ...whom, confirmed: String(count) }}
      cancel={cancel}
    >
      <p>{bulk.effects[act]}</p>
      <ul>
        {chosen.map((name) => (
          <li>{name}</li>
        ))}
        {count > chosen.length && <li>{bulk.more(count - chosen.length)}</li>}
      </ul>
      {reason !== undefined && (
        <p>
          {labelOf(visit.view, adminMessages[visit.view.language].reason)}
          {reason}
        </p>
      )}
    </BulkStep>
  );
}

/** How far a result was changed. It goes on by itself, where a script can and nothing went wrong. */
export function BulkProgress(props: {
  visit: AdminVisit;
  /** With what was done so far, and where it goes on. */
  change: BulkChange;
  /** Why some were not changed. */
  failed: string[];
  cancel: string;
}) {
  const { visit, change, failed, cancel } = props;
  const { bulk } = usersMessages[visit.view.language];
  const count = change.confirmed ?? 0;
  const done = change.changed + change.failed;
  return (
    <BulkStep
      visit={visit}
      change={change}
      title={bulk.progress(done, count)}
      button={bulk.button}
      hidden={{
        result: 'on',
        confirmed: String(count),
        after: change.after ?? '',
        changed: String(change.changed),
        failed: String(change.failed),
      }}
      cancel={cancel}
      goesOn={failed.length === 0}
    >
      {failed.map((why) => (
        <Alert>{why}</Alert>
      ))}
      <progress value={done} max={count} aria-label={bulk.progress(done, count)} />
    </BulkStep>
  );
}

function BulkStep(props: {
  visit: AdminVisit;
  change: BulkChange;
  title: string;
  button: string;
  hidden: Record<string, string>;
  cancel: string;
  goesOn?: boolean;
  children: Child;
}) {
  const { visit, change, title, button, hidden, cancel, goesOn, children } = props;
  const { act, reason } = change;
  const all = { form: 'bulk', act, ...hidden, ...(reason !== undefined && { bulk_reason: reason }) };
  return (
    <AdminFrame visit={visit} page="users" title={title}>
      <section class="panel" aria-label={title}>
        {children}
        <form method="post" data-goes-on={goesOn}>
          {Object.entries(all).map(([name, value]) => (
            <Hidden name={name} value={value} />
          ))}
          <div class="acts">
            <button type="submit" class={act === 'suspend' ? 'danger' : undefined}>
              {button}
            </button>
            <a class="button plain" href={cancel}>
              {usersMessages[visit.view.language].bulk.cancel}
            </a>
          </div>
        </form>
      </section>
    </AdminFrame>
  );
}
