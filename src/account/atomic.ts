/** Does work whose writes are one change: all of them stay, or, when it throws, none. */
export type Atomically = <Result>(work: () => Result) => Result;

/**
 * Makes what a method of an object writes one change. A method that throws half-way would leave what it wrote until then:
 * the platform undoes nothing by itself. `forget` has to forget what is kept in memory of the storage, which may be of
 * what was undone.
 *
 * Only for work that writes: a transaction, even an empty one, holds the answer back until the storage has confirmed it.
 *
 * @example const atomically = transactionsOf(ctx.storage, () => this.#state.reload());
 */
export function transactionsOf(storage: DurableObjectStorage, forget: () => void): Atomically {
  return (work) => {
    try {
      return storage.transactionSync(work);
    } catch (error) {
      forget();
      throw error;
    }
  };
}
