import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** A question to whoever runs a command. */
export interface Question {
  text: string;
  /** Taken where the answer is empty. */
  fallback?: string;
  /** What is typed is not shown. */
  hidden?: boolean;
  /** Says what is wrong with an answer; it is asked for again then. */
  check?(answer: string): string | undefined;
}

/** Asks whoever runs a command, line by line: at a terminal, or by a pipe. */
export class Questions {
  readonly #interface: Interface;
  readonly #lines: AsyncIterator<string>;
  #muted = false;
  #ended = false;

  constructor() {
    const output = new Writable({
      write: (chunk, _, done) => {
        if (!this.#muted) process.stdout.write(chunk);
        done();
      },
    });
    const terminal = process.stdin.isTTY === true;
    this.#interface = createInterface({ input: process.stdin, output, terminal });
    this.#interface.on('close', () => {
      this.#ended = true;
    });
    this.#interface.on('SIGINT', () => process.exit(130));
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  /** The answer, without blanks round it. Throws where nobody answers any more. */
  async ask({ text, fallback, hidden = false, check }: Question): Promise<string> {
    for (;;) {
      const prompt = `${text}${fallback === undefined ? '' : ` [${fallback}]`}: `;
      // A pipe may have ended while what it brought still waits.
      if (this.#ended) process.stdout.write(prompt);
      else {
        this.#interface.setPrompt(prompt);
        this.#interface.prompt();
      }
      this.#muted = hidden;
      const { value, done } = await this.#lines.next();
      this.#muted = false;
      if (hidden || !process.stdin.isTTY) process.stdout.write('\n');
      if (done) throw new Error(`Nobody answers. Run it in a terminal, or say all by options, with --yes.`);
      const answer = value.trim() || (fallback ?? '');
      const problem = check?.(answer);
      if (problem === undefined) return answer;
      console.log(`  ${problem}.`);
    }
  }

  close(): void {
    this.#interface.close();
  }
}
