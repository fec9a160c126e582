import type { Child } from 'hono/jsx';
import type { UserRow } from '../../directory/tables.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { formatDate, formatTime, initialsOf } from './format.ts';
import type { View } from './view.ts';

/** A part of a page that has one subject, with a heading of that id. */
export function Panel({ id, title, children }: { id: string; title: string; children: Child }) {
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** What is wrong, announced when the page opens; and focused, when nothing else on the page is. */
export function Alert({ children, isFocused = false }: { children: Child; isFocused?: boolean }) {
  const focus = isFocused ? { tabindex: -1, autofocus: true } : {};
  return (
    <p class="notice bad" role="alert" {...focus}>
      {children}
    </p>
  );
}

/** The entries of a list, or a text where there are none. */
export function Entries(props: { entries: Child[]; none: string; look?: string }) {
  const { entries, none, look = 'rows' } = props;
  return entries.length > 0 ? <ul class={look}>{entries}</ul> : <p class="soft">{none}</p>;
}

/** An entry of a list: its name, what stands below it, and what stands beside it. */
export function Entry(props: {
  name: Child;
  badge?: Child;
  /** The first line below the name. */
  lead?: string;
  /** Further lines, in a softer colour. */
  about?: Child[];
  children?: Child;
}) {
  const { name, badge, lead, about = [], children } = props;
  return (
    <li>
      <div>
        <p>
          <strong>{name}</strong> {badge}
        </p>
        {lead && <p>{lead}</p>}
        {about.filter(Boolean).map((line) => (
          <p class="soft">{line}</p>
        ))}
      </div>
      {children}
    </li>
  );
}

/** A state in one word. */
export function Badge({ look, children }: { look?: 'good' | 'bad' | undefined; children: Child }) {
  return <span class={look ? `badge ${look}` : 'badge'}>{children}</span>;
}

/** Names and what they stand for. */
export function DescriptionList({
  look,
  entries,
}: {
  look: string;
  entries: [name: string, value: Child][];
}) {
  return (
    <dl class={look}>
      {entries.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A moment as the reader writes times, or only its UTC day; Unix milliseconds. */
export function Time({ view, at, day }: { view: View; at: number; day?: boolean }) {
  const { shown, datetime } = day ? formatDate(view, at) : formatTime(view, at);
  return <time datetime={datetime}>{shown}</time>;
}

/** A moment, or a text where there is none. */
export function TimeOr(props: { view: View; at: number | null; none: string; day?: boolean }) {
  const { at, none, ...time } = props;
  return at === null ? none : <Time {...time} at={at} />;
}

/** The user's picture, or their initials; the name stands beside it. */
export function Avatar({ user, small = false }: { user: UserRow; small?: boolean }) {
  const look = small ? 'avatar small' : 'avatar';
  if (user.picture) return <img class={look} src={user.picture} alt="" />;
  const name = fullNameOf(user);
  return (
    <span class={look} aria-hidden="true">
      {name === user.id ? '?' : initialsOf(name)}
    </span>
  );
}

/** What a user is called, by the best of the names that they have; by the id, where there is none. */
export function fullNameOf(user: UserRow): string {
  const fullName = [user.givenName, user.familyName].filter(Boolean).join(' ');
  return user.name ?? (fullName || (user.username ?? (isPlaceholder(user.email) ? user.id : user.email)));
}
