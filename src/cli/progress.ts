const WIDTH = 24;
const STEP = 0.1;

/** How far something long has come, on stderr: a bar in a terminal, a line every tenth elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #started = performance.now();
  readonly #first: number;
  #told = 0;

  /** `first` of `total` rows were done before. */
  constructor(total: number, first = 0) {
    this.#total = total;
    this.#first = first;
  }

  /** Rows a second, so far. */
  rate(done: number): number {
    return Math.round(((done - this.#first) / (performance.now() - this.#started)) * 1000);
  }

  show(done: number, note: string): void {
    const share = done / this.#total;
    const text = `${format(done)} of ${format(this.#total)} rows, ${format(this.rate(done))} a second${note}`;
    if (process.stderr.isTTY) {
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      process.stderr.write(`\r\x1b[K${bar} ${text}${share < 1 ? '' : '\n'}`);
    } else if (share >= this.#told + STEP || share === 1) {
      this.#told = share;
      process.stderr.write(`${text}\n`);
    }
  }

  /** Writes a line above the bar. */
  say(line: string): void {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
  }
}

const TOLD_EVERY = 10_000;

/** Waits for something of unknown length, and says on stderr now and then that it still goes on. */
export async function patiently<T>(what: string, work: Promise<T>): Promise<T> {
  const began = performance.now();
  const clock = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stderr.write(`${what}: ${seconds} seconds so far …\n`);
  }, TOLD_EVERY);
  try {
    return await work;
  } finally {
    clearInterval(clock);
  }
}

/** A number as people read it. */
export function format(number: number): string {
  return number.toLocaleString('en');
}
