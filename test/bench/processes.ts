import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

// What Linux tells of processes, proc(5).

/** User and system time that a process has used in all its threads, milliseconds. */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  // In nanoseconds, where the kernel tells; workerd keeps its threads, so none takes its time away with it.
  if (existsSync(`${tasks}/${pid}/schedstat`)) {
    return readdirSync(tasks)
      .map((id) => Number(readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6)
      .reduce((a, b) => a + b, 0);
  }
  // Else in hundredths of a second: utime and stime, whatever the kernel's own tick is.
  const [utime = 0, stime = 0] = statOf(pid).slice(11, 13).map(Number);
  return (utime + stime) * 10;
}

/** The descendants of a process that run that program. */
export function descendants(ancestor: number, program: string): number[] {
  const parents = new Map(allProcesses().map((pid) => [pid, parentOf(pid)]));
  return [...parents.keys()].filter((pid) => {
    let at = parents.get(pid);
    while (at && at !== ancestor) at = parents.get(at);
    return at === ancestor && programOf(pid).endsWith(`/${program}`);
  });
}

/** The file that a process runs; empty when it is gone. */
export function programOf(pid: number): string {
  return linkOf(`/proc/${pid}/exe`);
}

/** The TCP ports (IPv4) that a process listens on. */
export function listeningPorts(pid: number): number[] {
  const fds = `/proc/${pid}/fd`;
  const sockets = new Set(readdirSync(fds).map((fd) => linkOf(`${fds}/${fd}`)));
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && sockets.has(`socket:[${fields[9]}]`))
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
}

const LISTEN = '0A';

function allProcesses(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function parentOf(pid: number): number {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    // It ended while we looked.
    return 0;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The fields of /proc/PID/stat from the third on: the second, the name, can hold anything. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
