import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the processes of this machine that run tests claim ports: a file each, by number. */
const CLAIMS = join(tmpdir(), 'latchkey-ports');

/**
 * Below the ports that Linux gives to whoever asks for any (32768 and up), also to outgoing connections: those would
 * be taken by others while a server that the port was chosen for is not up yet, or is started again.
 */
const FIRST = 15_000;
const COUNT = 15_000;

/** How long a claim counts: longer than any run of tests. */
const CLAIM_MS = 6 * 3_600_000;

/** A port that nobody listens on, and that no other caller on this machine is given for a while. */
export async function freePort(): Promise<number> {
  mkdirSync(CLAIMS, { recursive: true });
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (claim(port) && (await isFree(port))) return port;
  }
}

function claim(port: number): boolean {
  const file = join(CLAIMS, String(port));
  try {
    const old = statSync(file, { throwIfNoEntry: false });
    if (old && Date.now() - old.mtimeMs > CLAIM_MS) rmSync(file, { force: true });
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  try {
    await once(listener.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    listener.close();
  }
}
