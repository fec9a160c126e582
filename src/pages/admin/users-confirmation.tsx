import { adminMessages, usersMessages } from '../../languages/messages.ts';
import { Hidden } from '../kit/form.tsx';
import { labelOf } from '../kit/format.ts';
import { AdminFrame } from './frame.tsx';
import { BOX_PREFIX, type BulkChange } from './users-bulk.ts';
import type { AdminVisit } from './visit.ts';

/** What stands between choosing users and changing them all: what, of how many, and who they are. */
export function BulkConfirmation(props: {
  visit: AdminVisit;
  change: BulkChange;
  /** The first of them, as people know them. */
  chosen: string[];
  /** Where it is not done. */
  cancel: string;
}) {
  const { visit, change, chosen, cancel } = props;
  const { view } = visit;
  const { act, ids, reason } = change;
  const { bulk } = usersMessages[view.language];
  const title = bulk.confirm[act](ids.length);
  const hidden = {
    form: 'bulk',
    act,
    confirmed: String(ids.length),
    ...(reason !== undefined && { bulk_reason: reason }),
    ...Object.fromEntries(ids.map((id) => [BOX_PREFIX + id, 'on'])),
  };
  return (
    <AdminFrame visit={visit} page="users" title={title}>
      <section class="panel" aria-label={title}>
        <p>{bulk.effects[act]}</p>
        <ul>
          {chosen.map((name) => (
            <li>{name}</li>
          ))}
          {ids.length > chosen.length && <li>{bulk.more(ids.length - chosen.length)}</li>}
        </ul>
        {reason !== undefined && (
          <p>
            {labelOf(view, adminMessages[view.language].reason)}
            {reason}
          </p>
        )}
        <form method="post">
          {Object.entries(hidden).map(([name, value]) => (
            <Hidden name={name} value={value} />
          ))}
          <div class="acts">
            <button type="submit" class={act === 'suspend' ? 'danger' : undefined}>
              {bulk.confirmed[act](ids.length)}
            </button>
            <a class="button plain" href={cancel}>
              {bulk.cancel}
            </a>
          </div>
        </form>
      </section>
    </AdminFrame>
  );
}
