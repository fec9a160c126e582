/** What a job may still do in this run. One call is a statement of D1, or a call of an object or of a provider. */
export interface Budget {
  /** Takes so many calls, before they are made; false when they must wait for the next run. */
  take(calls: number): boolean;
}

/**
 * What one run of a Cron Trigger may do in all: Cloudflare ends an invocation that makes more D1 queries or sub-requests
 * than its plan allows, wherever it stands. Each statement of a batch counts, so that neither number is passed.
 */
export class RunBudget implements Budget {
  #left: number;
  readonly #until: number;

  /** Nothing is begun after `until`, Unix milliseconds: the next run begins soon after. */
  constructor(calls: number, until: number) {
    this.#left = calls;
    this.#until = until;
  }

  take(calls: number): boolean {
    if (calls > this.#left || Date.now() >= this.#until) return false;
    this.#left -= calls;
    return true;
  }

  /**
   * A job's part: so large a share (0 to 1) of what is left now, so that the jobs after it have the rest. What it asks for
   * first it may take from the whole: however small the plan, no job is kept from every step.
   */
  part(share: number): DivisibleBudget {
    return partOf(this, this.#left, share);
  }
}

/** A part of a budget, which can be divided in its turn. */
export interface DivisibleBudget extends Budget {
  part(share: number): DivisibleBudget;
}

function partOf(whole: Budget, left: number, share: number): DivisibleBudget {
  let own = Math.floor(left * share);
  let isFirst = true;
  const part: DivisibleBudget = {
    take: (calls) => {
      if (calls > own && !isFirst) return false;
      if (!whole.take(calls)) return false;
      own -= calls;
      isFirst = false;
      return true;
    },
    part: (smaller) => partOf(part, Math.max(own, 0), smaller),
  };
  return part;
}
