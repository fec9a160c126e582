import type { Child } from 'hono/jsx';
import { adminMessages } from '../../languages/messages.ts';
import { ConfirmDialog } from '../kit/dialog.tsx';
import { Field, fieldsOf } from '../kit/form.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import type { View } from '../kit/view.ts';

/** Why it is done, of a form. */
export function ReasonField(props: {
  view: View;
  form: string;
  shown: Shown;
  hint?: string;
  required?: boolean;
}) {
  const { view, form, shown, ...field } = props;
  return (
    <Field
      {...fieldsOf(refusedIn(shown, form))(`${form}_reason`)}
      label={adminMessages[view.language].reason}
      maxlength={500}
      {...field}
    />
  );
}

/**
 * A button with a dialog that says what it does, asks for the reason once, and does it: the form of that name, whose field of the reason is
 * `{form}_reason`.
 */
export function ActDialog(props: {
  view: View;
  shown: Shown;
  form: string;
  /** What the button says, and the headline of the dialog where that is not another. */
  open: string;
  title?: string;
  text?: string;
  /** What the button in the dialog says, when not the same. */
  button?: string;
  look?: 'danger' | 'plain';
  isWide?: boolean;
  hidden?: Record<string, string>;
  /** Whether it needs a reason; `never` where none is kept. */
  reason?: 'needed' | 'optional' | 'never';
  reasonHint?: string;
  /** Fields before the reason. */
  children?: Child;
}) {
  const { view, shown, form, open, title = open, text, button = open, look = 'plain', isWide } = props;
  const { hidden, reason = 'optional', reasonHint, children } = props;
  const refused = refusedIn(shown, form);
  return (
    <ConfirmDialog
      view={view}
      id={`act-${form}`}
      title={title}
      text={text}
      open={open}
      look={look}
      isWide={isWide}
      form={form}
      hidden={hidden}
      button={button}
      problem={refused?.problem}
    >
      {children}
      {reason !== 'never' && (
        <ReasonField view={view} shown={shown} form={form} hint={reasonHint} required={reason === 'needed'} />
      )}
    </ConfirmDialog>
  );
}
