import type { z } from 'zod';
import type { Plan } from '../../account/metering-contract.ts';
import { UserQuery } from '../../admin/users-schemas.ts';
import type { AppContext } from '../../http/context.ts';
import { adminMessages, usersMessages } from '../../languages/messages.ts';
import { Field, Hidden, Select } from '../kit/form.tsx';
import { type FormProblem, valid } from '../kit/form-data.ts';
import { Icon } from '../kit/icon.tsx';
import { Alert } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ADMIN_PAGES } from './frame.tsx';

/** The fields of a search, with the order and the cursor. */
const FIELDS = [
  'q',
  'status',
  'role',
  'plan',
  'email_verified',
  'anonymous',
  'created_after',
  'created_before',
  'sort',
  'order',
  'cursor',
];

/** The fields that stand behind the others, and are open while they narrow the list. */
const MORE = ['email_verified', 'anonymous', 'created_after', 'created_before'];

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

/** The form of the search. */
export function UserSearchForm(props: {
  view: View;
  search: UserSearch;
  plans: Plan[];
  problem: FormProblem | undefined;
}) {
  const { view, search, plans, problem } = props;
  const { fields } = search;
  const { roles, statuses } = adminMessages[view.language];
  const text = usersMessages[view.language];
  const any: [string, string] = ['', text.any];
  const field = (name: string) => ({ name, value: fields[name], problem });
  const isNarrowed = MORE.some((name) => fields[name] !== undefined);
  return (
    <>
      {problem && <Alert>{problem.summary}</Alert>}
      <form class="filters" method="get" action={view.link(ADMIN_PAGES.users)} data-filters>
        <Field {...field('q')} type="search" label={text.q} placeholder={text.qHint} maxlength={100} />
        <Select {...field('status')} label={text.status} options={[any, ...Object.entries(statuses)]} />
        <Select {...field('role')} label={text.role} options={[any, ...Object.entries(roles)]} />
        <Select
          {...field('plan')}
          label={text.plan}
          options={[any, ...plans.map(({ id, name }): [string, string] => [id, name])]}
        />
        <details open={isNarrowed}>
          <summary class="button plain">{text.filters}</summary>
          <div class="pair">
            <Select
              {...field('email_verified')}
              label={text.verified}
              options={[any, ['true', text.yes], ['false', text.no]]}
            />
            <Select
              {...field('anonymous')}
              label={text.anonymous}
              options={[any, ['true', text.yes], ['false', text.no]]}
            />
            <Field {...field('created_after')} type="date" label={text.createdAfter} />
            <Field {...field('created_before')} type="date" label={text.createdBefore} />
          </div>
        </details>
        {fields.sort && <Hidden name="sort" value={fields.sort} />}
        {fields.order && <Hidden name="order" value={fields.order} />}
        <div class="acts">
          <button type="submit">{text.search}</button>
          <a class="button plain" href={view.link(ADMIN_PAGES.users)}>
            {text.all}
          </a>
        </div>
      </form>
    </>
  );
}

/**
 * Searches that this browser keeps by a name: an address has them whole, so that nothing is kept elsewhere, and what an operator looks for is
 * known to nobody else.
 */
export function SavedFilters({ view, search }: { view: View; search: UserSearch }) {
  const text = usersMessages[view.language];
  return (
    <span class="scripted">
      <button type="button" class="plain" popovertarget="saved">
        {text.saved}
        <Icon name="chevron-down" />
      </button>
      <span
        id="saved"
        popover="auto"
        data-saved={search.link(view, { cursor: '' })}
        data-path={view.link(ADMIN_PAGES.users)}
        data-remove={text.remove}
      >
        <span class="keeps">
          <input aria-label={text.savedName} placeholder={text.savedName} maxlength={40} />
          <button type="button" class="plain">
            {text.save}
          </button>
        </span>
      </span>
    </span>
  );
}

/** A day of a form, as the moment at which it begins in UTC. */
function momentOf(value: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value;
}
