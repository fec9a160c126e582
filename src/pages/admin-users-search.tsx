import type { z } from 'zod';
import type { Plan } from '../account/metering-contract.ts';
import { UserQuery } from '../admin/users-schemas.ts';
import type { AppContext } from '../http/context.ts';
import { ADMIN_PAGES } from './admin-frame.tsx';
import { Field, type Problem, Select, valid } from './form.tsx';
import type { View } from './view.ts';

/** What a search is made of; the order of columns and the cursor go along. */
const FIELDS = [
  'q',
  'status',
  'role',
  'plan',
  'email_verified',
  'created_after',
  'created_before',
  'sort',
  'order',
  'cursor',
];

/** A search for users, as the address of the page has it. */
export interface UserSearch {
  fields: Record<string, string>;
  /** Throws `validation_failed`. */
  parse(): z.output<typeof UserQuery>;
  /** All users, the newest first. */
  first(): z.output<typeof UserQuery>;
  /** The list with something else about it; an empty value takes it away. */
  link(view: View, change: Record<string, string>): string;
}

/** The search that a request asks for; empty fields ask for nothing. */
export function userSearchOf(c: AppContext): UserSearch {
  const asked = FIELDS.map((name) => [name, c.req.query(name)?.trim() ?? '']);
  const fields = Object.fromEntries(asked.filter(([, value]) => value)) as Record<string, string>;
  const { created_after, created_before } = fields;
  return {
    fields,
    parse: () =>
      valid(UserQuery, {
        ...fields,
        ...(created_after && { created_after: momentOf(created_after) }),
        ...(created_before && { created_before: momentOf(created_before) }),
      }),
    first: () => UserQuery.parse({}),
    link: (view, change) => {
      const all = Object.entries({ ...fields, ...change }).filter(([, value]) => value);
      return view.link(ADMIN_PAGES.users, Object.fromEntries(all));
    },
  };
}

/** The form that asks for it. */
export function UserSearchForm(props: {
  view: View;
  search: UserSearch;
  plans: Plan[];
  problem: Problem | undefined;
}) {
  const { view, search, plans, problem } = props;
  const { fields } = search;
  const { roles, statuses, users: text } = view.text.admin;
  const any: [string, string] = ['', text.any];
  const isNarrowed = Object.keys(fields).some((name) => !['q', 'sort', 'order', 'cursor'].includes(name));
  return (
    <form class="panel" method="get" action={view.link(ADMIN_PAGES.users)}>
      {problem && (
        <p class="notice bad" role="alert">
          {problem.summary}
        </p>
      )}
      <Field
        name="q"
        type="search"
        label={text.q}
        hint={text.qHint}
        value={fields.q}
        problem={problem}
        maxlength={100}
      />
      <details open={isNarrowed}>
        <summary>{text.filters}</summary>
        <div class="pair narrow">
          <Select
            name="status"
            label={text.status}
            value={fields.status}
            problem={problem}
            options={[any, ...Object.entries(statuses)]}
          />
          <Select
            name="role"
            label={text.role}
            value={fields.role}
            problem={problem}
            options={[any, ...Object.entries(roles)]}
          />
          <Select
            name="plan"
            label={text.plan}
            value={fields.plan}
            problem={problem}
            options={[any, ...plans.map(({ id, name }): [string, string] => [id, name])]}
          />
          <Select
            name="email_verified"
            label={text.verified}
            value={fields.email_verified}
            problem={problem}
            options={[any, ['true', text.yes], ['false', text.no]]}
          />
          <Field
            name="created_after"
            type="date"
            label={text.createdAfter}
            value={fields.created_after}
            problem={problem}
          />
          <Field
            name="created_before"
            type="date"
            label={text.createdBefore}
            value={fields.created_before}
            problem={problem}
          />
        </div>
      </details>
      {fields.sort && <input type="hidden" name="sort" value={fields.sort} />}
      {fields.order && <input type="hidden" name="order" value={fields.order} />}
      <div class="acts">
        <button type="submit">{text.search}</button>
        <a class="button plain" href={view.link(ADMIN_PAGES.users)}>
          {text.all}
        </a>
      </div>
    </form>
  );
}

/** A day of a form, as the moment at which it begins in UTC. */
function momentOf(value: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value;
}
