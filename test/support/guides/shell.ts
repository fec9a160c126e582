import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** What a block of commands came to. */
export interface Outcome {
  /** False when a command failed: the shell has ended then. */
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Blocks come by a pipe of their own: what they run may read its input. A mark on both outputs says that one has ended. */
const LOOP = `while read -r number block <&3; do
  source "$block" 3<&-
  echo "=== end of $number ==="
  echo "=== end of $number ===" >&2
done`;

/** A shell that runs blocks of commands one after another and keeps variables and functions between them. */
export class Shell {
  readonly #bash: ChildProcess;
  readonly #folder: string;
  #output = { stdout: '', stderr: '' };
  #blocks = 0;

  constructor(cwd: string, folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#bash = spawn('bash', ['-euo', 'pipefail', '-c', LOOP], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#bash.stdout?.on('data', (chunk) => (this.#output.stdout += chunk));
    this.#bash.stderr?.on('data', (chunk) => (this.#output.stderr += chunk));
  }

  /** Runs a block to its end, or to the first command that fails. */
  async run(commands: string): Promise<Outcome> {
    this.#output = { stdout: '', stderr: '' };
    this.#blocks += 1;
    const mark = `=== end of ${this.#blocks} ===\n`;
    const file = join(this.#folder, `block-${this.#blocks}.sh`);
    writeFileSync(file, `${commands}\n`);
    const ended = new Promise<boolean>((resolve) => {
      const outputs = [this.#bash.stdout, this.#bash.stderr];
      const end = (ok: boolean) => {
        for (const output of outputs) output?.off('data', look);
        this.#bash.off('close', failed);
        resolve(ok);
      };
      const failed = () => end(false);
      const look = () => {
        const { stdout, stderr } = this.#output;
        if (stdout.includes(mark) && stderr.includes(mark)) end(true);
      };
      for (const output of outputs) output?.on('data', look);
      this.#bash.once('close', failed);
    });
    (this.#bash.stdio[3] as Writable).write(`${this.#blocks} ${file}\n`);
    const ok = await ended;
    const { stdout, stderr } = this.#output;
    return { ok, stdout: stdout.replace(mark, ''), stderr: stderr.replace(mark, '') };
  }

  /** What the block that runs has printed yet. */
  get printed(): string {
    return this.#output.stdout;
  }

  end(): void {
    this.#bash.kill('SIGKILL');
  }
}
