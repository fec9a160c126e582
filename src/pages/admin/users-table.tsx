import type { z } from 'zod';
import type { UserQuery } from '../../admin/users-schemas.ts';
import { userShape } from '../../directory/schemas.ts';
import type { UserRow } from '../../directory/tables.ts';
import { adminMessages, kitMessages, usersMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { CopyButton } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import type { RefusedForm } from '../kit/form-data.ts';
import { Avatar, Badge, Time, TimeOr } from '../kit/panel.tsx';
import { Table } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES } from './frame.tsx';
import { BOX_PREFIX, BULK_ACTIONS, MOST_OF_RESULT } from './users-bulk.ts';
import type { UserSearch } from './users-search.tsx';

type Query = z.output<typeof UserQuery>;

/** The id of the form that changes those who are ticked. */
const FORM = 'bulk';

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

/** Users to choose from, and what to do with the chosen ones. */
export function UserTable(props: {
  view: View;
  search: UserSearch;
  query: Query;
  page: { rows: UserRow[]; total: number; totalIsExact: boolean };
  refused: RefusedForm | undefined;
}) {
  const { view, search, query, page, refused } = props;
  const text = usersMessages[view.language];
  const { pages, reason } = adminMessages[view.language];
  const field = fieldsOf(refused);
  const heads = COLUMNS.map((column) => ({
    head: <SortableHead view={view} search={search} query={query} column={column} />,
  }));
  const rows = page.rows.map((user) => (
    <UserTableRow view={view} user={user} isChosen={refused?.values[BOX_PREFIX + user.id] !== undefined} />
  ));
  const every = (
    <th scope="col">
      <label class="tick">
        <input type="checkbox" name="all" value="page" form={FORM} data-all />
        <span>{text.bulk.page}</span>
      </label>
    </th>
  );
  // The result can be changed as a whole where it is more than the page, and it is known how much.
  const isWhole = page.totalIsExact && page.total > page.rows.length && page.total <= MOST_OF_RESULT;
  return (
    <section class="panel chooses" aria-label={pages.users}>
      <Table look="stacks" label={pages.users} columns={[{ head: every }, ...heads]} rows={rows} />
      <div class="floats">
        <Form
          view={view}
          id={FORM}
          name="bulk"
          problem={refused?.problem}
          button={text.bulk.button}
          look="plain"
        >
          <p>
            <output class="scripted" data-chosen={text.bulk.chosen} />
            {isWhole && (
              <label>
                <input type="checkbox" name="result" />
                {text.bulk.result(page.total)}
              </label>
            )}
          </p>
          <Select
            {...field('act')}
            label={text.bulk.act}
            options={BULK_ACTIONS.map((action) => [action, text.bulk.acts[action]])}
          />
          <Field {...field('bulk_reason')} label={reason} maxlength={500} />
        </Form>
      </div>
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
    <th
      scope="col"
      class={column === 'username' ? 'extra' : undefined}
      aria-sort={isSorted ? (isAscending ? 'ascending' : 'descending') : undefined}
    >
      <a href={search.link(view, { sort: column, order, cursor: '' })}>
        {usersMessages[view.language].columns[column]}
        {isSorted && <span aria-hidden="true">{isAscending ? ' ↑' : ' ↓'}</span>}
      </a>
    </th>
  );
}

function UserTableRow({ view, user, isChosen }: { view: View; user: UserRow; isChosen: boolean }) {
  const text = usersMessages[view.language];
  const { columns } = text;
  const { roles } = adminMessages[view.language];
  const isMissing = isPlaceholder(user.email);
  return (
    <tr>
      <td>
        <label class="tick" for={BOX_PREFIX + user.id}>
          <input
            type="checkbox"
            id={BOX_PREFIX + user.id}
            name={BOX_PREFIX + user.id}
            form={FORM}
            checked={isChosen}
          />
          <span class="hidden">{text.chooseNamed(isMissing ? user.id : user.email)}</span>
        </label>
      </td>
      <th scope="row" class="address">
        <a class="person" href={view.link(`${ADMIN_PAGES.users}/${user.id}`)}>
          <Avatar user={user} small />
          <span>{isMissing ? user.id : user.email}</span>
        </a>
        <CopyButton view={view} text={user.id} label={text.copyId} />
      </th>
      <td data-head={columns.name}>{user.name}</td>
      <td class="extra">{user.username}</td>
      <td data-head={columns.status} class="moment">
        <StatusBadge view={view} status={user.status} />
        {user.anonymous && (
          <>
            {' '}
            <Badge>{text.anonymous}</Badge>
          </>
        )}
      </td>
      <td>{user.role === 'user' ? roles.user : <Badge>{roles[user.role]}</Badge>}</td>
      <td>{userShape(user).plan}</td>
      <td>{user.emailVerified ? text.yes : text.no}</td>
      <td class="moment">
        <Time view={view} at={user.createdAt} day />
      </td>
      <td data-head={columns.last_login_at} class="moment">
        <TimeOr view={view} at={user.lastLoginAt} none={kitMessages[view.language].never} ago />
      </td>
    </tr>
  );
}

/** Whether a user is active, in one word. */
export function StatusBadge({ view, status }: { view: View; status: UserRow['status'] }) {
  const { statuses } = adminMessages[view.language];
  return <Badge look={status === 'active' ? 'good' : 'bad'}>{statuses[status]}</Badge>;
}
