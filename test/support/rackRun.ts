/** Runs commands inside the rack and waits for what a test wants to see. */
import type { RackHandle } from '../../electron/lab/index.ts';

export interface RunResult {
  readonly status: number | null;
  readonly lines: readonly string[];
}

/** Runs a shell script on a host of the rack to its end. */
export async function runOn(rack: RackHandle, host: string, script: string): Promise<RunResult> {
  const running = rack.spawnOn(host, ['sh', '-c', script]);
  const lines: string[] = [];
  for await (const line of running.lines) lines.push(line);
  return { status: await running.exit, lines };
}

/** Writes a file on a host of the rack (disk of that node), with its mode in octal. */
export async function writeOn(rack: RackHandle, host: string, path: string, text: string, mode = '644'): Promise<void> {
  const data = Buffer.from(text).toString('base64');
  const dir = path.slice(0, path.lastIndexOf('/'));
  const result = await runOn(
    rack,
    host,
    `mkdir -p '${dir}' && echo ${data} | base64 -d > '${path}' && chmod ${mode} '${path}'`,
  );
  if (result.status !== 0) throw new Error(`could not write ${path} on ${host}: ${result.lines.join('; ')}`);
}

/** True when the address is on an interface of the node. */
export async function holds(rack: RackHandle, node: string, address: string): Promise<boolean> {
  const result = await runOn(rack, node, `ip -o addr show to ${address}/32`);
  return result.lines.some((line) => line.includes(address));
}

/** Names of the given nodes that hold the address now. */
export async function holders(rack: RackHandle, nodes: readonly string[], address: string): Promise<string[]> {
  const found: string[] = [];
  for (const node of nodes) if (await holds(rack, node, address)) found.push(node);
  return found;
}

export interface Wait {
  /** Generous: a bound against hanging, not an assertion about speed. */
  readonly withinMs: number;
  readonly everyMs?: number;
}

/** Repeats `look` until it returns something other than null. Fails with `what` and the last thing seen. */
export async function until<T>(what: string, look: () => Promise<T | null> | T | null, wait: Wait): Promise<T> {
  const deadline = performance.now() + wait.withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${wait.withinMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, wait.everyMs ?? 200));
  }
}
