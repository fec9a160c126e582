import type { Child } from 'hono/jsx';
import { kitMessages } from '../../languages/messages.ts';
import { Form } from './form.tsx';
import type { FormProblem } from './form-data.ts';
import { Icon } from './icon.tsx';
import type { View } from './view.ts';

/**
 * A button, and the dialog that it opens. It needs no script: a browser opens the dialog by itself (HTML, invoker commands), and one that
 * may not has a link in the button's place, to the page with the dialog in it. The stylesheet shows one of the two.
 */
export function Dialog(props: {
  view: View;
  /** Unique on the page. */
  id: string;
  title: string;
  button: string;
  /** What the button is called where its text alone does not say what it is about. */
  buttonLabel?: string | undefined;
  look?: 'plain' | 'danger' | 'main' | undefined;
  disabled?: boolean;
  /** Whether it stands open, such as after an error in it. */
  isOpen?: boolean;
  /** One with many fields is wider. */
  isWide?: boolean;
  children: Child;
}) {
  const { view, id, title, button, buttonLabel, look = 'plain', disabled, isOpen, isWide, children } = props;
  const invoker = { commandfor: id, command: 'show-modal' };
  return (
    <>
      <button
        type="button"
        class={`${look === 'main' ? '' : look} invokes`}
        aria-label={buttonLabel}
        disabled={disabled}
        {...invoker}
      >
        {button}
      </button>
      {!disabled && (
        <a
          class={`button ${look === 'main' ? '' : look} leads`}
          href={view.asking(id)}
          aria-label={buttonLabel}
          data-dialog={id}
        >
          {button}
        </a>
      )}
      <dialog
        id={id}
        class={isWide ? 'wide' : undefined}
        aria-labelledby={`${id}-title`}
        open={isOpen || view.asked === id}
      >
        <h2 id={`${id}-title`}>{title}</h2>
        {children}
      </dialog>
    </>
  );
}

/** A dialog that asks before a form is sent: whether it shall be, or for what its fields say. */
export function ConfirmDialog(props: {
  view: View;
  id: string;
  title: string;
  text?: Child;
  /** What opens it. */
  open: string;
  openLabel?: string | undefined;
  /** `main` where it opens what the page is there for, `plain` for what can be undone. */
  look?: 'danger' | 'plain' | 'main' | undefined;
  isWide?: boolean;
  /** The form, what goes along with it, and its button. */
  form: string;
  hidden?: Record<string, string> | undefined;
  button: string;
  disabled?: boolean;
  action?: string;
  /** What was wrong with it: it stands open. */
  problem?: FormProblem | undefined;
  /** Fields that go along. */
  children?: Child;
}) {
  const { view, id, title, text, open, openLabel, look = 'danger', isWide, disabled = false } = props;
  const { form, hidden, button, action, problem, children } = props;
  const asked = {
    view,
    name: form,
    hidden,
    action,
    problem,
    button,
    look: look === 'danger' ? look : undefined,
  };
  return (
    <Dialog
      view={view}
      id={id}
      title={title}
      button={open}
      buttonLabel={openLabel}
      look={look}
      disabled={disabled}
      isOpen={problem !== undefined}
      isWide={isWide}
    >
      {text && <p class="soft">{text}</p>}
      {children ? (
        <Form {...asked} cancel={kitMessages[view.language].cancel}>
          {children}
        </Form>
      ) : (
        <div class="acts">
          <DialogCancel view={view} />
          <Form {...asked} />
        </div>
      )}
    </Dialog>
  );
}

/** What closes a dialog and does nothing. */
function DialogCancel({ view }: { view: View }) {
  return (
    <form method="dialog">
      <button type="submit" class="plain">
        {kitMessages[view.language].cancel}
      </button>
    </form>
  );
}

/** A button that copies a text, where a script can. */
export function CopyButton({ view, text, label }: { view: View; text: string; label?: string }) {
  const { copy, copied } = kitMessages[view.language];
  return (
    <button
      type="button"
      class="copy scripted"
      data-copy={text}
      data-copied={copied}
      aria-label={label ?? copy}
    >
      <Icon name="copy" />
      <span aria-live="polite" />
    </button>
  );
}
