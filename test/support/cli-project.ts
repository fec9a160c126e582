import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { freePort } from './free-port.ts';

/** A copy of the project without anything that running it has left behind, with a database of its own, and its commands. */
export class Project {
  readonly folder: string;
  readonly origin: string;
  /** Options by which a command finds the database. */
  readonly state: string[];
  /** Options of `npm start`. */
  readonly flags: string[];
  server: ChildProcess | undefined;

  private constructor(port: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
    for (const name of ['src', 'migrations', 'generated', 'package.json', 'tsconfig.json', 'wrangler.toml']) {
      cpSync(join(ROOT, name), join(this.folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    this.origin = `http://localhost:${port}`;
    this.state = ['--persist-to', join(this.folder, 'state')];
    this.flags = ['--port', String(port), '--inspector-port', '0', ...this.state];
  }

  /** A copy in which nothing runs yet. */
  static async create(): Promise<Project> {
    return new Project(await freePort());
  }

  /** `npm start`, in a process group of its own, until it says what to do first; returns all that it has said. */
  async start(): Promise<string> {
    // Under Vitest's NODE_ENV, `test`, wrangler behaves differently.
    const env = { ...process.env, NODE_ENV: undefined };
    const options = { cwd: this.folder, env, detached: true };
    const server = spawn(process.execPath, ['src/cli/start.ts', ...this.flags], options);
    this.server = server;
    let output = '';
    await new Promise<void>((resolve) => {
      server.once('exit', resolve);
      for (const stream of [server.stdout, server.stderr]) {
        stream.on('data', (chunk) => {
          output += chunk;
          if (/Try this first:.*'\n/s.test(output)) resolve();
        });
      }
    });
    expect(server.exitCode, output).toBeNull();
    return output;
  }

  /** Leaves nothing of it. */
  remove(): void {
    if (this.server?.exitCode === null) process.kill(-(this.server.pid as number), 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file of the project; its path. */
  write(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Runs a command of src/cli to its end. */
  cli(command: string, args: string[], env: Record<string, string> = {}) {
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const options = { cwd: this.folder, env: { ...process.env, ...env } };
      const argv = [`src/cli/${command}.ts`, ...args];
      const child = execFile(process.execPath, argv, options, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  }

  async call(method: string, path: string, body?: unknown, token?: string) {
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  }
}
