import type { Child } from 'hono/jsx';
import type { UserRow } from '../../directory/tables.ts';
import { kitMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { formatClock, formatDate, formatRelative, formatTime, initialsOf, isHandheld } from './format.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-names.ts';
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

/** Where there is nothing yet: what it will be, and the next thing to do. */
export function EmptyState(props: { icon: IconName; title: string; text?: string; children?: Child }) {
  const { icon, title, text, children } = props;
  return (
    <div class="empty">
      <Icon name={icon} />
      <strong>{title}</strong>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

/** An entry of a list: an icon, its name, what stands below it, and what stands beside it. */
export function Entry(props: {
  /** An icon, or the mark of a provider. */
  icon?: Child;
  name: Child;
  badge?: Child;
  /** The first line below the name. */
  lead?: string;
  /** Further lines, in a softer colour. */
  about?: Child[];
  children?: Child;
}) {
  const { icon, name, badge, lead, about = [], children } = props;
  return (
    <li class={icon ? 'pictured' : undefined}>
      {icon}
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

/** An entry of a list that is edited in its row: what its button opens stands below. */
export function EditableEntry(props: {
  view: View;
  icon: IconName;
  name: string;
  badge?: Child;
  about?: Child;
  /** What its button says, when not Edit. */
  button?: string;
  /** Whether it is open when the page is shown. */
  isOpen?: boolean;
  /** Of the entries that share a name, one is open. */
  group: string;
  children: Child;
}) {
  const { view, icon, name, badge, about, button, isOpen, group, children } = props;
  const { edit, close } = kitMessages[view.language];
  return (
    <li class="edits">
      <details class="pictured" name={group} open={isOpen}>
        <summary class="pictured">
          <Icon name={icon} />
          <span>
            <strong>{name}</strong> {badge}
            {about && (
              <>
                <br />
                <span class="soft">{about}</span>
              </>
            )}
          </span>
          <span class="button plain small when-closed">{button ?? edit}</span>
          <span class="button plain small when-open">{close}</span>
        </summary>
        {children}
      </details>
    </li>
  );
}

/** The icon of a device. */
export function DeviceIcon({ userAgent }: { userAgent: string | null }) {
  return <Icon name={isHandheld(userAgent) ? 'smartphone' : 'monitor'} />;
}

/** A state in one word. */
export function Badge({ look, children }: { look?: 'good' | 'bad' | 'warn' | undefined; children: Child }) {
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

/**
 * A moment as the reader writes times, or only its UTC day, or with `ago` how long ago it was or is until then; Unix milliseconds. A script shows
 * times of the reader's zone; the title keeps UTC.
 */
export function Time({ view, at, day, ago }: { view: View; at: number; day?: boolean; ago?: boolean }) {
  const { shown, datetime } = day ? formatDate(view, at) : formatTime(view, at);
  if (day) return <time datetime={datetime}>{shown}</time>;
  if (ago) {
    return (
      <time datetime={datetime} title={shown}>
        {formatRelative(view, at, Date.now())}
      </time>
    );
  }
  return (
    <time datetime={datetime} title={shown} data-local>
      {shown}
    </time>
  );
}

/** When something was used last (Unix milliseconds), as a sentence; null for what never was. */
export function LastUse({ view, at }: { view: View; at: number | null }) {
  const { lastUsed, unused } = kitMessages[view.language];
  if (at === null) return unused;
  return (
    <>
      {lastUsed} <Time view={view} at={at} ago />
    </>
  );
}

/** The time of day of a moment below the headline of its UTC day. */
export function Clock({ view, at }: { view: View; at: number }) {
  const { shown, datetime } = formatTime(view, at);
  return (
    <time datetime={datetime} title={shown}>
      {formatClock(view, at)} UTC
    </time>
  );
}

/** A moment, or a text where there is none. */
export function TimeOr(props: { view: View; at: number | null; none: string; day?: boolean; ago?: boolean }) {
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
