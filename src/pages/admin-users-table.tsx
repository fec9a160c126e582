import type { z } from 'zod';
import type { UserQuery } from '../admin/users-schemas.ts';
import { userShape } from '../directory/schemas.ts';
import type { UserRow } from '../directory/tables.ts';
import { rfc3339 } from '../lib/time.ts';
import type { Shown } from './account-page.tsx';
import { ADMIN_PAGES, Table } from './admin-frame.tsx';
import type { UserPage } from './admin-users.tsx';
import { BULK_ACTS, CHOSEN } from './admin-users-bulk.ts';
import type { UserSearch } from './admin-users-search.tsx';
import { Field, Form, Hidden, Select } from './form.tsx';
import type { View } from './view.ts';

type Query = z.output<typeof UserQuery>;

const COLUMNS = [
  'email',
  'name',
  'username',
  'status',
  'role',
  'plan',
  'email_verified',
  'created_at',
  'last_login_at',
] as const satisfies Query['sort'][];

/** Users to choose from, and what to do with those that are chosen. */
export function UserTable(props: {
  view: View;
  search: UserSearch;
  query: Query;
  page: UserPage;
  refused: Shown['refused'] | undefined;
}) {
  const { view, search, query, page, refused } = props;
  const text = view.text.admin.users;
  return (
    <section class="panel" aria-label={view.text.admin.pages.users}>
      <Form view={view} problem={refused?.problem} button={text.bulk.button} look="plain">
        <Hidden name="form" value="bulk" />
        <Table
          label={view.text.admin.pages.users}
          head={
            <>
              <th scope="col">
                <span class="hidden">{text.choose}</span>
              </th>
              {COLUMNS.map((column) => (
                <SortableHead view={view} search={search} query={query} column={column} />
              ))}
            </>
          }
        >
          {page.rows.map((user) => (
            <UserLine view={view} user={user} isChosen={refused?.values[CHOSEN + user.id] !== undefined} />
          ))}
        </Table>
        <div class="pair">
          <Select
            name="act"
            label={text.bulk.act}
            value={refused?.values.act}
            problem={refused?.problem}
            options={BULK_ACTS.map((act) => [act, text.bulk.acts[act]])}
          />
          <Field
            name="bulk_reason"
            label={text.reason}
            value={refused?.values.bulk_reason}
            problem={refused?.problem}
            maxlength={500}
          />
        </div>
      </Form>
    </section>
  );
}

function SortableHead(props: {
  view: View;
  search: UserSearch;
  query: Query;
  column: (typeof COLUMNS)[number];
}) {
  const { view, search, query, column } = props;
  const isSorted = query.sort === column;
  const isAscending = query.order === 'asc';
  const order = isSorted && isAscending ? 'desc' : 'asc';
  return (
    <th scope="col" aria-sort={isSorted ? (isAscending ? 'ascending' : 'descending') : undefined}>
      <a href={search.link(view, { sort: column, order, cursor: '' })}>
        {view.text.admin.users.columns[column]}
        {isSorted && <span aria-hidden="true">{isAscending ? ' ↑' : ' ↓'}</span>}
      </a>
    </th>
  );
}

function UserLine({ view, user, isChosen }: { view: View; user: UserRow; isChosen: boolean }) {
  const { roles, users: text } = view.text.admin;
  // Where an address may go on in the next line of a narrow screen.
  const [mailbox, domain] = user.email.split('@');
  return (
    <tr>
      <td>
        <label class="tick" for={CHOSEN + user.id}>
          <input type="checkbox" id={CHOSEN + user.id} name={CHOSEN + user.id} checked={isChosen} />
          <span class="hidden">{text.chooseNamed(user.email)}</span>
        </label>
      </td>
      <th scope="row" class="address">
        <a href={view.link(`${ADMIN_PAGES.users}/${user.id}`)}>
          {mailbox}
          <wbr />@{domain}
        </a>
      </th>
      <td>{user.name}</td>
      <td>{user.username}</td>
      <td>
        <StatusBadge view={view} status={user.status} />
      </td>
      <td>{user.role === 'user' ? roles.user : <span class="badge">{roles[user.role]}</span>}</td>
      <td>{userShape(user).plan}</td>
      <td>{user.emailVerified ? text.yes : text.no}</td>
      <td class="moment">
        <Day view={view} at={user.createdAt} />
      </td>
      <td class="moment">
        {user.lastLoginAt === null ? text.never : <Day view={view} at={user.lastLoginAt} />}
      </td>
    </tr>
  );
}

/** The day of a moment, which says enough in a list. */
export function Day({ view, at }: { view: View; at: number }) {
  const format = new Intl.DateTimeFormat(view.language, { dateStyle: 'medium', timeZone: 'UTC' });
  return <time datetime={rfc3339(at)}>{format.format(at)}</time>;
}

/** Whether a user may come in, in words. */
export function StatusBadge({ view, status }: { view: View; status: UserRow['status'] }) {
  return (
    <span class={status === 'active' ? 'badge good' : 'badge bad'}>{view.text.admin.statuses[status]}</span>
  );
}
