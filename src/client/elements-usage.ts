import type { components } from '../../generated/openapi.ts';
import { LatchkeyElement, make } from './elements-base.ts';

type Quota = components['schemas']['QuotaReport'];
type Resource = Quota['resources'][string];

/** From which part of a limit on a bar warns. */
const NEARLY = 0.8;

/**
 * What a user has used of each resource, as bars. `resources` names which, in which order; all unless it does. `refresh()` asks anew. With a
 * client it needs the scope `account:read` or `account`.
 */
export class LatchkeyUsage extends LatchkeyElement {
  static override observedAttributes = [...LatchkeyElement.observedAttributes, 'resources'];

  #quota: Quota | null = null;

  override attributeChangedCallback(name: string): void {
    if (name === 'resources') this.draw();
    else super.attributeChangedCallback(name);
  }

  /** Asks what has been used meanwhile. */
  async refresh(): Promise<void> {
    const { latchkey, session } = this;
    if (!latchkey || !session) return;
    try {
      const quota = await this.ask<Quota>(latchkey, '/v1/me/quota');
      // Meanwhile it may be somebody else's.
      if (session.user.id !== this.session?.user.id) return;
      this.#quota = quota;
      this.complaint = '';
      this.draw();
    } catch (error) {
      if (session === this.session) this.fail(error);
    }
  }

  protected override sessionChanged(): void {
    this.#quota = null;
    void this.refresh();
  }

  protected content(): Node[] {
    const { say } = this.speaker;
    if (!this.session || !(this.#quota || this.complaint)) return [];
    const { plan = '', resources = {} } = this.#quota ?? {};
    const names = this.getAttribute('resources')?.split(/[\s,]+/) ?? Object.keys(resources);
    const rows = names.flatMap((name) => {
      const resource = resources[name];
      return resource ? this.#row(name, resource) : [];
    });
    return [
      make(
        'section',
        { part: 'card', class: 'card wide', 'aria-labelledby': 'title' },
        make(
          'div',
          { class: 'line' },
          make('h2', { part: 'title', id: 'title' }, make('slot', { name: 'title' }, say('usage'))),
          plan !== '' &&
            make('span', { class: 'badge', part: 'badge' }, plan[0]?.toUpperCase() + plan.slice(1)),
        ),
        make('p', { part: 'error', class: 'error', role: 'alert' }, this.complaint),
        make('ul', { class: 'rows' }, ...rows),
      ),
    ];
  }

  #row(id: string, { limit, period, resets_at, used }: Resource): HTMLElement {
    const { number, resource, say, time } = this.speaker;
    const values = { used: number(used), limit: number(limit ?? 0) };
    const text = limit === null ? 'usedUnlimited' : period === 'day' ? 'usedToday' : 'usedThisMonth';
    const said = say(text, values);
    const part = limit === null ? 0 : limit === 0 ? 1 : Math.min(1, used / limit);
    const fill = make('div', {
      part: 'fill',
      class: part >= 1 ? 'fill full' : part >= NEARLY ? 'fill nearly' : 'fill',
    });
    fill.style.inlineSize = `${part * 100}%`;
    return make(
      'li',
      { part: 'resource' },
      make(
        'div',
        { class: 'line' },
        make('span', { class: 'name' }, resource(id)),
        make('span', { class: 'figure' }, said),
      ),
      limit !== null &&
        make(
          'div',
          {
            part: 'bar',
            class: 'bar',
            role: 'meter',
            'aria-label': resource(id),
            'aria-valuemin': '0',
            'aria-valuemax': '100',
            'aria-valuenow': String(Math.round(part * 100)),
            'aria-valuetext': said,
          },
          fill,
        ),
      limit !== null &&
        make(
          'p',
          { class: 'soft small' },
          part >= 1 && make('strong', {}, `${say('usedUp')} · `),
          say('resets', { date: time(resets_at, period) }),
        ),
    );
  }
}
