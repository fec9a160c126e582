import type { Child } from 'hono/jsx';
import { kitMessages } from '../../languages/messages.ts';
import { formatNumber } from './format.ts';
import type { View } from './view.ts';

/** The head of a column: of texts, of numbers, or one that only screen readers name; null has no head. */
type Column = string | { number: string } | { hidden: string } | { head: Child } | null;

/**
 * A table that scrolls by itself where it is wider than the screen. One that `stacks` shows each row as a card on a phone: its cells name
 * their columns by `data-head`. Of a `matrix` the first column stays in sight.
 */
export function Table(props: {
  label: string;
  columns: Column[];
  rows: Child[];
  look?: 'stacks' | 'matrix';
}) {
  const { label, columns, rows, look } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table is no set of fields
    <div class={look ? `table ${look}` : 'table'} role="group" aria-label={label} tabindex={0}>
      <table>
        <thead>
          <tr>{columns.map(headOf)}</tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}

function headOf(column: Column) {
  if (column === null) return <td />;
  if (typeof column === 'string') return <th scope="col">{column}</th>;
  if ('head' in column) return column.head;
  if ('hidden' in column) {
    return (
      <th scope="col">
        <span class="hidden">{column.hidden}</span>
      </th>
    );
  }
  return (
    <th scope="col" class="number">
      {column.number}
    </th>
  );
}

/** How many there are in all, as far as they were counted. */
export function Count({ view, total, isExact = true }: { view: View; total: number; isExact?: boolean }) {
  const { count, none } = kitMessages[view.language];
  return <p class="soft">{total === 0 ? none : count(formatNumber(view, total), isExact)}</p>;
}

/** Links to the first page of a list, and to the next. */
export function Pager(props: {
  view: View;
  path: string;
  /** What narrows the list. */
  query?: Record<string, string>;
  /** The field of the query that has the cursor. */
  cursorName?: string;
  /** The id of the list, where the page has more than that. */
  anchor?: string;
  isFirst: boolean;
  next: string | null;
  label?: string;
  /** What the links are called, when not newest and older entries. */
  names?: { newest: string; older: string };
}) {
  const { view, path, query = {}, cursorName = 'cursor', anchor, isFirst, next } = props;
  const { newest, older } = props.names ?? kitMessages[view.language];
  const href = (more: Record<string, string>) =>
    view.link(path, { ...query, ...more }) + (anchor ? `#${anchor}` : '');
  if (isFirst && next === null) return null;
  return (
    <nav class="pages" aria-label={props.label ?? older}>
      {!isFirst && <a href={href({})}>{newest}</a>}
      {next !== null && (
        <a href={href({ [cursorName]: next })} rel="next">
          {older}
        </a>
      )}
    </nav>
  );
}

/** Views of one page, side by side. */
export function Tabs(props: { label: string; tabs: { href: string; name: string; isCurrent: boolean }[] }) {
  return (
    <nav class="tabs" aria-label={props.label}>
      {props.tabs.map(({ href, name, isCurrent }) => (
        <a href={href} aria-current={isCurrent ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

/** The few ways to see a page, of which one is chosen: how far back it looks. */
export function Segments(props: {
  label: string;
  choices: { href: string; name: string; isCurrent: boolean }[];
}) {
  return (
    <nav class="segments" aria-label={props.label}>
      {props.choices.map(({ href, name, isCurrent }) => (
        <a href={href} aria-current={isCurrent ? 'true' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
