import { CHALLENGE } from '../../../generated/page-assets.ts';
import type { Challenge } from '../../http/challenge.ts';
import { kitMessages } from '../../languages/messages.ts';
import { TURNSTILE_SCRIPT, type View } from './view.ts';

/** Brings the solution. */
const SOLUTION_FIELD = 'solution';

/**
 * The part of a form in which a browser shows that it is no robot: it works by itself and says how far it is, or shows the
 * widget of Turnstile. `challenge.js` has the other half.
 */
export function RobotCheck({ view, challenge }: { view: View; challenge: Challenge }) {
  const text = kitMessages[view.language].challenge;
  if (challenge.type === 'turnstile') {
    return (
      <div class="field">
        <noscript>
          <p class="wrong">{text.noScript}</p>
        </noscript>
        <div
          class="cf-turnstile"
          data-sitekey={challenge.site_key}
          data-response-field-name={SOLUTION_FIELD}
          data-language={view.language}
        />
        <script src={TURNSTILE_SCRIPT} async defer />
      </div>
    );
  }
  return (
    <div
      class="field"
      data-challenge={JSON.stringify(challenge.challenge)}
      data-working={text.working}
      data-solved={text.solved}
      data-failed={text.failed}
    >
      <input type="hidden" name={SOLUTION_FIELD} value="" />
      {/* The script puts something else there, if it comes to it. */}
      <p class="hint" role="status">
        {text.noScript}
      </p>
      <script type="module" src={CHALLENGE} />
    </div>
  );
}
