import type { Child } from 'hono/jsx';
import { kitMessages } from '../../languages/messages.ts';
import { RobotCheck } from './challenge.tsx';
import type { FormProblem, RefusedForm } from './form-data.ts';
import { labelOf } from './format.ts';
import { Icon } from './icon.tsx';
import type { View } from './view.ts';

/** A form that posts to the page it is on. What was wrong with it stands first. */
export function Form(props: {
  view: View;
  problem?: FormProblem | undefined;
  /** For fields that stand elsewhere on the page. */
  id?: string;
  /** Which form of the page it is, and what else goes along without being seen. */
  name?: string;
  hidden?: Record<string, string> | undefined;
  button: string;
  /** Closes the dialog that the form stands in, and does nothing. */
  cancel?: string;
  /** What the button is called where its text alone does not say what it is about. */
  buttonLabel?: string;
  /** Where it posts to, when not to this page. */
  action?: string | undefined;
  /** `get` where it changes nothing, and what it says may stand in an address. */
  method?: 'get' | 'post';
  /** Whether it sends a file. */
  upload?: boolean;
  /** How the button looks: not the main one of the page, or one for what cannot be undone. */
  look?: 'plain' | 'danger' | undefined;
  /** Whether it is shown but cannot be used yet. */
  disabled?: boolean;
  /** Stands below the button: another one, for who wants something else. */
  below?: Child;
  children?: Child;
}) {
  const {
    view,
    problem,
    id,
    name,
    hidden = {},
    button,
    cancel,
    buttonLabel,
    action,
    method = 'post',
    upload,
    look,
    disabled,
    below,
    children,
  } = props;
  const unseen = Object.entries(name === undefined ? hidden : { form: name, ...hidden });
  const submit = (
    <button type="submit" class={look} aria-label={buttonLabel}>
      {button}
    </button>
  );
  return (
    <form id={id} method={method} action={action} enctype={upload ? 'multipart/form-data' : undefined}>
      {problem && <Summary view={view} problem={problem} />}
      <fieldset disabled={disabled}>
        {unseen.map(([key, value]) => (
          <Hidden name={key} value={value} />
        ))}
        {children}
        {problem?.challenge && <RobotCheck view={view} challenge={problem.challenge} />}
        {cancel ? (
          <div class="answers">
            {submit}
            <button type="submit" class="plain" formmethod="dialog" formnovalidate>
              {cancel}
            </button>
          </div>
        ) : (
          submit
        )}
        {below}
      </fieldset>
    </form>
  );
}

/** What was wrong, announced and focused when the page opens; each entry leads to its field. */
function Summary({ view, problem }: { view: View; problem: FormProblem }) {
  const fields = Object.entries(problem.fields);
  return (
    <div class="notice bad" role="alert" tabindex={-1} autofocus>
      <p>
        <span class="hidden">{labelOf(view, kitMessages[view.language].error)}</span>
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

/**
 * What ties the fields of a form to what is in them: what was sent, or else what is kept. Gives name, value and problem of
 * a field by its name.
 */
export function fieldsOf(
  refused: RefusedForm | undefined,
  kept: Record<string, string | number | null | undefined> = {},
) {
  return (name: string) => {
    const value = refused?.values[name] ?? kept[name];
    return { name, value: value?.toString(), problem: refused?.problem };
  };
}

interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'tel' | 'password' | 'url' | 'file' | 'date' | 'search';
  value?: string | null | undefined;
  hint?: string | undefined;
  problem?: FormProblem | undefined;
  autocomplete?: string;
  inputmode?: 'numeric' | 'email' | 'tel';
  required?: boolean;
  minlength?: number;
  maxlength?: number;
  pattern?: string;
  accept?: string;
  placeholder?: string;
  /** Whether a script lets a picture be cut before it is sent, by what stands below. */
  'data-crops'?: boolean;
  /** Stands below: what a script says of the value. */
  below?: Child;
  /** Stands in the field, at its end: a button. */
  within?: Child;
  /** Stands below, such as a link for those who have forgotten the value. */
  aside?: Child;
}

/** A labelled field with its hint and what is wrong with it. */
export function Field(props: FieldProps) {
  const { name, label, hint, problem, aside, value, type = 'text', within, below, ...input } = props;
  // Such values stand in no dictionary and begin with a small letter.
  const isPlain = type !== 'text' || input.autocomplete === 'username';
  const control = (
    <input
      {...controlAttributes(name, problem, hint)}
      type={type}
      value={value ?? undefined}
      autocapitalize={isPlain ? 'none' : undefined}
      spellcheck={isPlain ? false : undefined}
      {...input}
    />
  );
  return (
    <Labelled name={name} label={label} hint={hint} problem={problem} aside={aside}>
      {within ? (
        <div class="within">
          {control}
          {within}
        </div>
      ) : (
        control
      )}
      {below}
    </Labelled>
  );
}

/** The button in the field of a password that shows it. */
function Reveal({ view, name }: { view: View; name: string }) {
  return (
    <button
      type="button"
      class="scripted"
      data-reveal={name}
      aria-pressed="false"
      aria-label={kitMessages[view.language].showPassword}
    >
      <Icon name="eye" />
    </button>
  );
}

/** The field of an email address. */
export function EmailAddressField({ view, ...field }: Partial<FieldProps> & { view: View }) {
  return (
    <Field
      name="email"
      type="email"
      label={kitMessages[view.language].email}
      autocomplete="email"
      maxlength={254}
      required
      {...field}
    />
  );
}

/** The field of a one-time code, which may have blanks and dashes between its six digits. */
export function OneTimeCodeInput(field: Pick<FieldProps, 'name' | 'label' | 'hint' | 'problem'>) {
  return (
    <Field
      {...field}
      autocomplete="one-time-code"
      inputmode="numeric"
      pattern="[\s\p{Pd}]*([0-9][\s\p{Pd}]*){6}"
      maxlength={40}
      required
    />
  );
}

/** The field of the password that somebody has. */
export function CurrentPasswordField({ view, ...field }: Partial<FieldProps> & { view: View }) {
  return (
    <Field
      name="password"
      within={<Reveal view={view} name={field.name ?? 'password'} />}
      type="password"
      label={kitMessages[view.language].password}
      autocomplete="current-password"
      maxlength={512}
      required
      {...field}
    />
  );
}

/** The field of a new password. */
export function NewPasswordField({ view, ...field }: Partial<FieldProps> & { view: View }) {
  const { newPassword, passwordHint, strength } = kitMessages[view.language];
  const { name = 'password' } = field;
  return (
    <Field
      name={name}
      type="password"
      label={newPassword}
      hint={passwordHint}
      autocomplete="new-password"
      minlength={8}
      maxlength={256}
      required
      within={<Reveal view={view} name={name} />}
      below={
        <div class="strength scripted" data-strength-of={name} data-says={strength.join('|')}>
          <span aria-live="polite" />
        </div>
      }
      {...field}
    />
  );
}

/** A field of several lines. */
export function TextArea({ name, label, hint, problem, value, maxlength }: FieldProps) {
  return (
    <Labelled name={name} label={label} hint={hint} problem={problem}>
      <textarea {...controlAttributes(name, problem, hint)} maxlength={maxlength}>
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
      <select {...controlAttributes(name, problem, hint)} autocomplete={autocomplete}>
        {options.map(([option, says]) => (
          <option value={option} selected={option === (value ?? '')}>
            {says}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** The attributes of a control that tie it to its label, its hint and what is wrong with it. */
export function controlAttributes(name: string, problem: FormProblem | undefined, hint?: string) {
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
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      <FieldProblem name={name} problem={problem} />
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {aside && <p class="aside">{aside}</p>}
    </div>
  );
}

/** What is wrong with a field, which its control refers to. */
export function FieldProblem({ name, problem }: { name: string; problem: FormProblem | undefined }) {
  const wrong = problem?.fields[name];
  if (!wrong) return null;
  return (
    <p class="wrong" id={`${name}-problem`}>
      {wrong}
    </p>
  );
}

/** A box to tick, or with that type one of several choices. */
export function ChoiceField(props: {
  name: string;
  type?: 'radio';
  value?: string;
  checked: boolean;
  children: Child;
}) {
  const { name, type = 'checkbox', value, checked, children } = props;
  return (
    <label class="choice">
      <input type={type} name={name} value={value} checked={checked} />
      {children}
    </label>
  );
}

/** A field that nobody sees. */
export function Hidden({ name, value }: { name: string; value: string }) {
  return <input type="hidden" name={name} value={value} />;
}
