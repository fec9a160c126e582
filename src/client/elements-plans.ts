import type { components } from '../../generated/openapi.ts';
import type { Latchkey } from './browser.ts';
import { LatchkeyElement, make } from './elements-base.ts';
import { LatchkeyError } from './errors.ts';

type Offer = components['schemas']['PlanOffer'];
type Price = Offer['prices'][number];
type Subscription = components['schemas']['MySubscription'];

/** What a user chooses: the detail of `latchkey-choose`. */
export interface ChosenPlan {
  plan: string;
  /** Undefined for the plan that costs nothing. */
  priceId: string | undefined;
}

/**
 * The plans on offer. Who chooses one registers, pays at Stripe and comes back to `return-to`, or goes to the account's pages for what only
 * they can do, unless the page takes `latchkey-choose` into its own hands. With a client that needs the scope `account`.
 */
export class LatchkeyPlans extends LatchkeyElement {
  #offers: Offer[] | null = null;
  #mine: Subscription | null = null;
  /** How often the prices are paid that are shown, months. */
  #months: number | undefined;

  protected override sessionChanged(latchkey: Latchkey): void {
    void this.#load(latchkey);
  }

  async #load(latchkey: Latchkey): Promise<void> {
    const { session } = this;
    this.#mine = null;
    try {
      const [{ data }, mine] = await Promise.all([
        this.ask<{ data: Offer[] }>(latchkey, '/v1/plans'),
        // Which plan is the user's is left open where the page may not know.
        session ? this.ask<Subscription>(latchkey, '/v1/me/subscription').catch(() => null) : null,
      ]);
      if (session !== this.session) return;
      this.#offers = data;
      this.#mine = mine;
      this.draw();
    } catch (error) {
      if (session === this.session) this.fail(error);
    }
  }

  protected content(): Node[] {
    const { say } = this.speaker;
    const offers = this.#offers ?? [];
    if (offers.length === 0 && !this.complaint) return [];
    const periods = [...new Set(offers.flatMap(({ prices }) => prices.map(({ months }) => months ?? 0)))];
    this.#months ??= this.#mine?.paid?.months ?? undefined;
    const months = periods.includes(this.#months ?? -1) ? this.#months : periods[0];
    return [
      make(
        'section',
        { part: 'plans', class: 'plans', 'aria-label': say('plans') },
        make('p', { part: 'error', class: 'error', role: 'alert' }, this.complaint),
        periods.length > 1 && this.#periods(periods, months),
        make('ul', { class: 'offers' }, ...offers.map((offer) => this.#offer(offer, months))),
      ),
    ];
  }

  #periods(periods: number[], chosen: number | undefined): HTMLElement {
    const { say } = this.speaker;
    const name = (months: number) => {
      if (months === 1) return say('everyMonth');
      if (months === 12) return say('everyYear');
      return Number.isInteger(months)
        ? say('everyMonths', { count: String(months) })
        : say('everyDays', { count: daysOf(months) });
    };
    const choices = periods.map((months) => {
      const id = `months-${months}`;
      const choice = make('input', {
        type: 'radio',
        name: 'months',
        id,
        ...(months === chosen && { checked: '' }),
      });
      choice.addEventListener('change', () => {
        this.#months = months;
        this.draw();
      });
      return make('label', { part: 'period' }, choice, make('span', {}, name(months)));
    });
    return make('div', { class: 'periods', role: 'radiogroup', 'aria-label': say('howOften') }, ...choices);
  }

  #offer(offer: Offer, months: number | undefined): HTMLElement {
    const { say } = this.speaker;
    const price = offer.prices.find((one) => (one.months ?? 0) === months) ?? offer.prices[0];
    const isMine = this.#mine?.plan === offer.id;
    const button = make(
      'button',
      {
        id: `choose-${offer.id}`,
        type: 'button',
        class: price ? 'primary' : 'plain',
        part: `button ${price ? 'primary' : 'plain'}-button`,
      },
      price || this.session ? say('choose', { plan: offer.name }) : say('begin'),
    );
    button.addEventListener('click', () => this.#choose(button, offer.id, price?.price_id));
    return make(
      'li',
      { class: isMine ? 'card offer mine' : 'card offer', part: isMine ? 'plan current-plan' : 'plan' },
      make('h2', { part: 'title plan-name', class: 'plan-name' }, offer.name),
      this.#price(price),
      make('ul', { class: 'contents', part: 'contents' }, ...this.#contents(offer)),
      isMine ? make('p', { class: 'current', part: 'current' }, say('yourPlan')) : button,
    );
  }

  #price(price: Price | undefined): HTMLElement {
    const { money, say } = this.speaker;
    const figure = (text: string, ...after: string[]) =>
      make(
        'p',
        { class: 'price', part: 'price' },
        make('strong', {}, text),
        ...after.map((one) => make('span', { class: 'soft' }, ` ${one}`)),
      );
    const currencies = (this.#offers ?? []).flatMap(({ prices }) => prices.map(({ currency }) => currency));
    if (!price) return figure(currencies[0] ? money(0, currencies[0]) : say('free'));
    const { currency, months, unit_amount } = price;
    if (unit_amount === null) return figure(say('atCheckout'));
    const amount = money(unit_amount, currency);
    if (months === null) return figure(amount);
    if (months === 1) return figure(amount, say('aMonth'));
    if (months === 12) return figure(amount, say('aYear'));
    if (Number.isInteger(months)) return figure(amount, say('aFewMonths', { count: String(months) }));
    return figure(amount, say('aFewDays', { count: daysOf(months) }));
  }

  #contents({ limits, monthly_credits }: Offer): HTMLElement[] {
    const { number, resource, say } = this.speaker;
    const lines = Object.entries(limits).flatMap(([id, limit]) => {
      const name = { resource: resource(id) };
      const { day, month } = limit;
      const bounds = [
        typeof day === 'number' && say('limitADay', { ...name, count: number(day) }),
        typeof month === 'number' && say('limitAMonth', { ...name, count: number(month) }),
      ].filter((one) => one !== false);
      return bounds.length > 0 ? bounds : [say('noLimit', name)];
    });
    if (monthly_credits > 0) lines.push(say('credits', { count: number(monthly_credits) }));
    return lines.map((line) => make('li', {}, line));
  }

  #choose(button: HTMLButtonElement, plan: string, priceId: string | undefined): void {
    const detail: ChosenPlan = { plan, priceId };
    if (!this.emit('latchkey-choose', detail)) return;
    const { session } = this;
    this.act(button, async (latchkey) => {
      if (!session) return latchkey.signUp({ returnTo: this.returnTo });
      location.assign(await this.#nextPage(latchkey, priceId));
      return undefined;
    });
  }

  /** Where a choice is made good: at Stripe, or on the account's pages, which say what is in the way of it. */
  async #nextPage(latchkey: Latchkey, priceId: string | undefined): Promise<string> {
    const pages = `${latchkey.issuer}/account/billing`;
    if (!priceId || this.#mine?.paid) return pages;
    const back = { success_url: this.returnTo, cancel_url: location.href };
    try {
      const body = { price_id: priceId, ...back };
      return (await this.ask<{ url: string }>(latchkey, '/v1/billing/checkout', body)).url;
    } catch (error) {
      const isRefused = error instanceof LatchkeyError && error.status !== null && error.status < 500;
      if (isRefused && error.code !== 'rate_limited') return pages;
      throw error;
    }
  }
}

function daysOf(months: number): string {
  return String(Math.round((months * 365) / 12));
}
