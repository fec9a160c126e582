import type { ReversalRow } from '../billing/tables.ts';
import { Time } from './account-frame.tsx';
import { ADMIN_PAGES, NumberHead, Table } from './admin-frame.tsx';
import type { View } from './view.ts';

/** Payments that were lost when their credits were used already. */
export function ShortfallTable({ view, rows }: { view: View; rows: ReversalRow[] }) {
  const common = view.text.adminOperations;
  const text = common.billing;
  const number = (value: number) => value.toLocaleString(view.language);
  return (
    <Table
      label={text.reference}
      head={
        <>
          <th scope="col">{common.user}</th>
          <th scope="col">{text.reference}</th>
          <NumberHead>{text.due}</NumberHead>
          <NumberHead>{text.taken}</NumberHead>
          <NumberHead>{text.missing}</NumberHead>
          <th scope="col">{common.when}</th>
        </>
      }
    >
      {rows.map((row) => (
        <tr>
          <th scope="row">
            <a href={view.link(`${ADMIN_PAGES.users}/${row.userId}`)}>
              <code>{row.userId}</code>
            </a>
          </th>
          <td>
            <code>{row.reference}</code>
          </td>
          <td class="number">{number(row.credits)}</td>
          <td class="number">{number(row.taken)}</td>
          <td class="number">{number(row.credits - row.taken)}</td>
          <td>
            <Time view={view} at={row.updatedAt} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
