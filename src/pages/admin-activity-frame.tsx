import type { Child } from 'hono/jsx';
import { ADMIN_PAGES, AdminFrame } from './admin-frame.tsx';
import { Count, Pager, Tabs } from './admin-parts.tsx';
import type { AdminVisit } from './admin-visit.ts';
import { Field, Hidden, Select } from './form.tsx';

const PATH = ADMIN_PAGES.activity;

/** A field that narrows a log; with options it is a choice. */
export interface Filter {
  name: string;
  label: string;
  hint?: string;
  options?: [string, string][];
}

/** A log with what narrows it. */
export function LogPage(props: {
  visit: AdminVisit;
  log: 'users' | 'operators';
  fields: Filter[];
  given: Record<string, string>;
  page: { total: number; totalIsExact: boolean; nextCursor: string | null };
  isFirst: boolean;
  /** Where the whole of it is as a table. */
  csv: string;
  children: Child;
}) {
  const { visit, log, fields, given, page, isFirst, csv, children } = props;
  const { view } = visit;
  const common = view.text.adminOperations;
  const text = common.activity;
  const query = { ...(log === 'operators' && { log }), ...given };
  return (
    <AdminFrame visit={visit} page="activity">
      <Tabs
        label={text.type}
        tabs={[
          { href: view.link(PATH), says: text.users, on: log === 'users' },
          { href: view.link(PATH, { log: 'operators' }), says: text.operators, on: log === 'operators' },
        ]}
      />
      <p class="soft">{text.text}</p>
      <section class="panel" aria-label={common.filter}>
        <form method="get" action={view.link(PATH)}>
          {log === 'operators' && <Hidden name="log" value={log} />}
          <div class="pair filters">
            {fields.map(({ name, label, hint, options }) =>
              options ? (
                <Select
                  name={name}
                  label={label}
                  value={given[name]}
                  options={[['', common.all], ...options]}
                />
              ) : (
                <Field name={name} label={label} hint={hint} value={given[name]} autocomplete="off" />
              ),
            )}
            <Field name="from" type="date" label={common.from} value={given.from} />
            <Field name="until" type="date" label={common.until} value={given.until} />
          </div>
          <p class="buttons">
            <button type="submit" class="plain">
              {common.filter}
            </button>
            <a href={csv} download="">
              {text.csv}
            </a>
          </p>
        </form>
      </section>
      <Count view={view} total={page.total} isExact={page.totalIsExact} />
      {page.total > 0 && <div class="panel">{children}</div>}
      <Pager view={view} path={PATH} query={query} isFirst={isFirst} next={page.nextCursor} />
    </AdminFrame>
  );
}
