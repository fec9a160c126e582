import type { Child } from 'hono/jsx';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { z } from 'zod';
import { ApiError, type ErrorCode } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import type { Messages } from './messages.ts';
import { show, type View } from './view.ts';

/** Why a form was not accepted: what to say of it, and of each field by name. */
export interface Problem {
  code?: ErrorCode;
  summary: string;
  fields: Record<string, string>;
}

/**
 * An error, as the reader of a form is told. `names` maps the fields of the API to those of the form. Throws what
 * nobody in front of a form can do anything about.
 */
export function problemOf(thrown: unknown, text: Messages, names: Record<string, string> = {}): Problem {
  if (!(thrown instanceof ApiError)) throw thrown;
  const summary = text.errors[thrown.code];
  if (summary === undefined) throw thrown;
  const fields = (thrown.fields ?? []).map(({ path, code }) => {
    const message = text.fieldErrors[code] ?? text.fieldErrors[path] ?? text.fieldErrors.other ?? '';
    return [names[path] ?? path, message];
  });
  return { code: thrown.code, summary, fields: Object.fromEntries(fields) };
}

/** What a form has sent, by a schema of the API. Throws `validation_failed`, which names the fields. */
export function valid<Schema extends z.ZodType>(
  schema: Schema,
  fields: Record<string, unknown>,
): z.output<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new ApiError('validation_failed', {
    fields: parsed.error.issues.map(({ path, code, message }) => {
      const name = path.join('.');
      return { path: name, code: fields[name] ? code : 'required', message };
    }),
  });
}

/** Does what a form asks for. What its reader can do something about is said on the page that `again` shows. */
export async function attempt(
  c: AppContext,
  view: View,
  act: () => Promise<Response>,
  again: (problem: Problem) => JSX.Element,
  { names = {}, leadsTo = [] }: { names?: Record<string, string>; leadsTo?: string[] } = {},
): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    return show(c, view, again(problemOf(error, view.text, names)), { status: 422, leadsTo });
  }
}

/** A form that posts to the page it is on, with what was wrong with it at its head. */
export function Form(props: {
  view: View;
  problem?: Problem | undefined;
  button: string;
  /** What the button is called where its text alone does not say of what. */
  buttonLabel?: string;
  /** Where it posts to, when not to this page. */
  action?: string;
  /** Brings a file. */
  upload?: boolean;
  /** How the button looks: not the main thing on the page, or something that cannot be undone. */
  look?: 'plain' | 'danger' | undefined;
  /** Shown, but not to be used yet. */
  disabled?: boolean;
  children?: Child;
}) {
  const { view, problem, button, buttonLabel, action, upload, look, disabled, children } = props;
  return (
    <form method="post" action={action} enctype={upload ? 'multipart/form-data' : undefined}>
      {problem && <Summary view={view} problem={problem} />}
      <fieldset disabled={disabled}>
        {children}
        <button type="submit" class={look} aria-label={buttonLabel}>
          {button}
        </button>
      </fieldset>
    </form>
  );
}

/** What was wrong, announced and focused when the page opens; each entry leads to its field. */
function Summary({ view, problem }: { view: View; problem: Problem }) {
  const fields = Object.entries(problem.fields);
  return (
    <div class="notice bad" role="alert" tabindex={-1} autofocus>
      <p>
        <span class="hidden">{view.text.form.error}: </span>
        {problem.summary}
      </p>
      {fields.length > 0 && (
        <ul>
          {fields.map(([name, message]) => (
            <li>
              <a href={`#${name}`}>{message}</a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'tel' | 'password' | 'url' | 'file' | 'date' | 'search';
  value?: string | null | undefined;
  hint?: string | undefined;
  problem?: Problem | undefined;
  autocomplete?: string;
  inputmode?: 'numeric' | 'email' | 'tel';
  required?: boolean;
  minlength?: number;
  maxlength?: number;
  pattern?: string;
  accept?: string;
  /** Below, such as the way out for who has forgotten. */
  aside?: Child;
}

/** A labelled field with its hint and what is wrong with it. */
export function Field({ name, label, hint, problem, aside, value, type = 'text', ...input }: FieldProps) {
  // Words that no dictionary has, and that begin with no capital.
  const isPlain = type !== 'text' || input.autocomplete === 'username';
  return (
    <Labelled name={name} label={label} hint={hint} problem={problem} aside={aside}>
      <input
        {...describedBy(name, hint, problem)}
        type={type}
        value={value ?? undefined}
        autocapitalize={isPlain ? 'none' : undefined}
        spellcheck={isPlain ? false : undefined}
        {...input}
      />
    </Labelled>
  );
}

/** A field of several lines. */
export function TextArea({ name, label, hint, problem, value, maxlength }: FieldProps) {
  return (
    <Labelled name={name} label={label} hint={hint} problem={problem}>
      <textarea {...describedBy(name, hint, problem)} maxlength={maxlength}>
        {value ?? ''}
      </textarea>
    </Labelled>
  );
}

/** A choice of one from a list of values and what they are called. */
export function Select(props: FieldProps & { options: [string, string][] }) {
  const { name, label, hint, problem, value, autocomplete, options } = props;
  return (
    <Labelled name={name} label={label} hint={hint} problem={problem}>
      <select {...describedBy(name, hint, problem)} autocomplete={autocomplete}>
        {options.map(([option, says]) => (
          <option value={option} selected={option === (value ?? '')}>
            {says}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** What ties a control to its label, its hint and what is wrong with it. */
function describedBy(name: string, hint: string | undefined, problem: Problem | undefined) {
  const wrong = problem?.fields[name];
  const described = [hint && `${name}-hint`, wrong && `${name}-problem`].filter(Boolean).join(' ');
  return {
    id: name,
    name,
    'aria-invalid': wrong ? ('true' as const) : undefined,
    'aria-describedby': described || undefined,
  };
}

function Labelled(
  props: Pick<FieldProps, 'name' | 'label' | 'hint' | 'problem' | 'aside'> & { children: Child },
) {
  const { name, label, hint, problem, aside, children } = props;
  const wrong = problem?.fields[name];
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {wrong && (
        <p class="wrong" id={`${name}-problem`}>
          {wrong}
        </p>
      )}
      {children}
      {aside && <p class="aside">{aside}</p>}
    </div>
  );
}

/** A field that nobody sees. */
export function Hidden({ name, value }: { name: string; value: string }) {
  return <input type="hidden" name={name} value={value} />;
}
