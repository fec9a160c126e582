import { fieldError } from '../../errors.ts';
import { controlAttributes, FieldProblem, Form } from './form.tsx';
import type { RefusedForm } from './form-data.ts';
import type { View } from './view.ts';

/** A form that deletes an entry of a list, once a box is ticked: `named` is by what it is known to the page's forms. */
export function ConfirmedDelete(props: {
  view: View;
  named: Record<string, string>;
  id: string;
  refused: RefusedForm | undefined;
  confirm: string;
  button: string;
}) {
  const { view, named, id, refused, button } = props;
  const problem = refused?.form === 'delete' ? refused.problem : undefined;
  const name = confirmationOf(id);
  return (
    <Form view={view} name="delete" hidden={named} problem={problem} button={button} look="danger">
      <label class="choice">
        <input type="checkbox" {...controlAttributes(name, problem)} required />
        {props.confirm}
      </label>
      <FieldProblem name={name} problem={problem} />
    </Form>
  );
}

/** Throws `validation_failed` for a form whose box is not ticked. */
export function requireConfirmation(id: string, values: Record<string, string | undefined>): void {
  const name = confirmationOf(id);
  if (values[name] === undefined) throw fieldError(name, 'confirm', 'Needs to be confirmed');
}

function confirmationOf(id: string): string {
  return `confirm.${id}`;
}
