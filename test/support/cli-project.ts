import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** A copy of the project, with a server and a database of its own, and its commands. */
export class Project {
  readonly folder: string;
  readonly origin: string;
  /** Options by which a command finds the database. */
  readonly state: string[];
  readonly #server: ChildProcess;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.origin = `http://localhost:${port}`;
    this.state = ['--persist-to', join(folder, 'state')];
    const flags = ['--port', String(port), '--inspector-port', '0', ...this.state];
    const env = { ...process.env, NODE_ENV: undefined };
    this.#server = spawn(process.execPath, ['src/cli/start.ts', ...flags], {
      cwd: folder,
      env,
      detached: true,
    });
  }

  /** Resolves when the server is up. */
  static async start(): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
    for (const name of ['src', 'migrations', 'generated', 'package.json', 'tsconfig.json', 'wrangler.toml']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const project = new Project(folder, await freePort());
    const server = project.#server;
    let output = '';
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (output += chunk));
    await vi.waitUntil(() => /Try this first:.*'\n/s.test(output) || server.exitCode !== null, 50_000);
    expect(output).toContain(`npm run admin:create -- you@example.com ${project.state.join(' ')}\n`);
    return project;
  }

  stop(): void {
    if (this.#server.exitCode === null) process.kill(-(this.#server.pid as number), 'SIGKILL');
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
      const options = { cwd: this.folder, timeout: 40_000, env: { ...process.env, ...env } };
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

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as AddressInfo;
  listener.close();
  return port;
}
