import type { Admin } from '../admin/service.ts';
import { Panel, Time } from './account-frame.tsx';
import { Table } from './admin-frame.tsx';
import { TimeOr } from './admin-parts.tsx';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

type KeyStatus = Awaited<ReturnType<Admin['signingKeys']['list']>>[number];

/** The keys that sign a realm's access tokens, and their change. */
export function SigningKeyPanel({ view, keys }: { view: View; keys: KeyStatus[] }) {
  const text = view.text.adminOperations.realms;
  return (
    <Panel id="keys" title={text.keys}>
      <p class="soft">{text.keysText}</p>
      {keys.length > 0 && (
        <Table
          label={text.key}
          head={
            <>
              <th scope="col">{text.key}</th>
              <th scope="col">{text.signsFrom}</th>
              <th scope="col">{text.signsUntil}</th>
              <th scope="col">{text.publishedUntil}</th>
            </>
          }
        >
          {keys.map((key) => (
            <tr>
              <th scope="row">
                <code>{key.id}</code>
              </th>
              <td>
                <Time view={view} at={key.signsFrom} />
              </td>
              <td>
                <TimeOr view={view} at={key.signsUntil} none={text.open} />
              </td>
              <td>
                <TimeOr view={view} at={key.publishedUntil} none={text.open} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Form view={view} button={text.rotate} look="plain">
        <Hidden name="form" value="rotate" />
      </Form>
    </Panel>
  );
}
