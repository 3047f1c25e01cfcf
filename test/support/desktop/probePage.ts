/** The page of the shell's tests: says what a page can and cannot do, and holds a client of the core. */
import { connect } from '../../../agent/common/rpc/client.ts';
import type { Client } from '../../../agent/common/rpc/contract.ts';
import { consoleContract, type ConsoleContract } from '../../../electron/common/contract/console.ts';
import { PortSource } from '../../../renderer/rpc/channels.ts';

export interface Probe {
  /** Directives of the content security policy that stopped something, in order. */
  readonly violations: string[];
  /** What happened to each forbidden thing that the page tried. */
  readonly tried: Record<string, string>;
  /** Names in this window that an empty window of the same browser does not have. */
  readonly extraNames: string[];
  client: Client<ConsoleContract> | null;
  clientCount: number;
}

/** Left by this page's own scripts: the last two by the schema library. */
const NAMES_OF_THE_PROBE = ['probe', 'ran', '__zod_globalConfig', '__zod_globalRegistry'];

const probe: Probe = { violations: [], tried: {}, extraNames: [], client: null, clientCount: 0 };
Object.assign(window, { probe });
document.addEventListener('securitypolicyviolation', (event) => probe.violations.push(event.effectiveDirective));

async function outcome(name: string, attempt: () => unknown): Promise<void> {
  try {
    await attempt();
    probe.tried[name] = 'done';
  } catch (error) {
    probe.tried[name] = (error as Error).name;
  }
}

async function tryForbiddenThings(): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- that it does not work is what is tested
  await outcome('eval', () => new Function('return 1')());
  await outcome('fetch elsewhere', () => fetch('https://example.com/'));
  await outcome('own file', async () => {
    if (!(await fetch('./page.css')).ok) throw new TypeError('no file');
  });
  await outcome('inline script', () => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    if (!('ran' in window)) throw new EvalError('not run');
  });
  await outcome('inline style', () => {
    const style = document.createElement('style');
    style.textContent = 'body { color: rgb(1, 2, 3) }';
    document.head.append(style);
    if (getComputedStyle(document.body).color !== 'rgb(1, 2, 3)') throw new TypeError('not applied');
  });
  await outcome('remote image', () => {
    const image = new Image();
    const failed = new Promise<never>((_resolve, reject) => (image.onerror = () => reject(new TypeError('no image'))));
    image.src = 'https://example.com/pixel.png';
    return failed;
  });
  await outcome('remote frame', () => {
    const frame = document.createElement('iframe');
    frame.src = 'https://example.com/';
    document.body.append(frame);
  });
}

/** Everything a preload script may have left in the page's world shows as a name that an empty window has not. */
function findExtraNames(): void {
  const empty = document.createElement('iframe');
  document.body.append(empty);
  const plain = empty.contentWindow as Window;
  for (const name of Object.getOwnPropertyNames(window)) {
    if (!(name in plain) && !NAMES_OF_THE_PROBE.includes(name) && !/^\d+$/.test(name)) probe.extraNames.push(name);
  }
  empty.remove();
}

async function keepClient(): Promise<never> {
  const source = new PortSource(window);
  for (;;) {
    const channel = await source.open();
    probe.client = connect(channel, consoleContract);
    probe.clientCount += 1;
  }
}

void keepClient();
findExtraNames();
void tryForbiddenThings().then(() => document.body.setAttribute('data-tried', 'yes'));
