import type { Child } from 'hono/jsx';
import { Hidden } from '../kit/form.tsx';

/** What asks a user for their word, as whom they were asked: `decision` is `allow` or `deny`. */
export function DecisionForm(props: {
  action: string;
  userId: string;
  hidden?: Record<string, string>;
  allow: string;
  deny: string;
  /** What else is asked. */
  children?: Child;
}) {
  const { action, allow, children, deny, hidden = {}, userId } = props;
  return (
    <form method="post" action={action}>
      <fieldset>
        {Object.entries({ user: userId, ...hidden }).map(([name, value]) => (
          <Hidden name={name} value={value} />
        ))}
        {children}
        <button type="submit" name="decision" value="allow">
          {allow}
        </button>
        <button type="submit" name="decision" value="deny" class="plain">
          {deny}
        </button>
      </fieldset>
    </form>
  );
}
