import type { AppContext } from '../../http/context.ts';
import type { Shown } from '../kit/page.ts';
import { Tabs } from '../kit/table.tsx';
import type { View } from '../kit/view.ts';

/** The field of the address that names the tab; without it the page shows the first. */
const PARAMETER = 'tab';

/** The tab that a page is asked to show: that of a form that was refused, else that of the address, else `otherwise`. */
export function askedTab<T extends string>(
  c: AppContext,
  { refused }: Shown,
  forms: Record<T, string[]>,
  otherwise: T,
): T {
  const tabs = Object.keys(forms) as T[];
  const asked = c.req.query(PARAMETER);
  return (
    tabs.find((tab) => refused !== undefined && forms[tab].includes(refused.form)) ??
    tabs.find((tab) => tab === asked) ??
    otherwise
  );
}

/** The tabs of a page, each a page load of its own. */
export function PageTabs<T extends string>(props: {
  view: View;
  path: string;
  label: string;
  tabs: [tab: T, name: string][];
  current: T;
}) {
  const { view, path, label, tabs, current } = props;
  return (
    <Tabs
      label={label}
      tabs={tabs.map(([tab, name], at) => ({
        href: view.link(path, at === 0 ? {} : { [PARAMETER]: tab }),
        name,
        isCurrent: tab === current,
      }))}
    />
  );
}
