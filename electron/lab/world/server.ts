/** One server of the rack: its power, its boots, its place on the rack's tmpfs. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NodePlan, WorldPlan } from '../protocol.ts';
import { addressOf } from '../setup.ts';
import { makeDisk } from './disk.ts';
import type { Network, Side } from './network.ts';
import type { SerialCable } from './serial.ts';

/** Statuses with which node-init.sh says why it ended. Anything else is a power cut. */
const STATUS_REBOOT = 66;
const STATUS_HALT = 67;

/** Longest boot in ms. It takes well below 2 s; ten times that is a broken one. */
const BOOT_MS_MAX = 20_000;

/**
 * Rights that the node's root must not have on a real root's rack: each reaches past the namespaces
 * (modules, clock, kexec, raw devices).
 */
const DROPPED_RIGHTS = ['sys_boot', 'sys_module', 'sys_time', 'sys_rawio', 'mknod', 'syslog', 'wake_alarm'];

export type Power = 'off' | 'booting' | 'on';

interface Boot {
  readonly child: ChildProcess;
  /** PID 1 of the node, as the world sees it; null until it said `@up`. */
  initPid: number | null;
  readonly ended: Promise<void>;
}

export class Server {
  readonly side: Side;
  readonly plan: NodePlan;
  private readonly world: WorldPlan;
  private readonly network: Network;
  private readonly cable: SerialCable | null;
  private readonly onChange: () => void;
  private boot: Boot | null = null;
  power: Power = 'off';
  bootCount = 0;

  constructor(
    side: Side,
    plan: NodePlan,
    world: WorldPlan,
    network: Network,
    cable: SerialCable | null,
    onChange: () => void,
  ) {
    this.side = side;
    this.plan = plan;
    this.world = world;
    this.network = network;
    this.cable = cable;
    this.onChange = onChange;
  }

  get initPid(): number | null {
    return this.boot?.initPid ?? null;
  }

  /** What the rack and the node share; the node sees it as /run/rack. */
  get controlDir(): string {
    return join(this.dir, 'ctl');
  }

  private get dir(): string {
    return join(this.world.worldDir, this.side);
  }

  /** Makes the disk. Once in a rack's life: it survives power cuts. */
  async manufacture(): Promise<void> {
    mkdirSync(this.controlDir, { recursive: true, mode: 0o700 });
    await makeDisk(this.dir, this.plan, this.world);
    const { lan, crossover, serial, hostKeyPem, name } = this.plan;
    const network = [
      'link set lo up',
      `addr add ${lan} brd + dev eth0`,
      'link set eth0 up',
      `route add default via ${addressOf(this.world.gateway)}`,
      ...(crossover === null ? [] : [`addr add ${crossover} brd + dev eth1`, 'link set eth1 up']),
    ];
    writeFileSync(join(this.dir, 'net.batch'), `${network.join('\n')}\n`);
    const tty =
      serial === null || this.cable === null ? '' : `${serial.replace('/dev/', '')} ${this.cable.pathOf(this.side)}\n`;
    writeFileSync(join(this.dir, 'tty'), tty);
    const ssh = { name, hostKeyPem, publicKey: this.world.publicKey, password: this.world.password };
    writeFileSync(join(this.controlDir, 'ssh.json'), JSON.stringify(ssh), { mode: 0o600 });
  }

  /** Boots and resolves when the SSH server listens. Throws with what the boot said when it does not get there. */
  async powerOn(): Promise<void> {
    if (this.boot !== null) return;
    this.setPower('booting');
    this.bootCount += 1;
    await this.cable?.powerOn(this.side);
    const { child, marks, said } = this.launch();
    const boot: Boot = { child, initPid: null, ended: new Promise((resolve) => child.once('close', () => resolve())) };
    this.boot = boot;
    child.once('close', (status) => void this.afterEnd(boot, status));

    await this.reached(boot, marks.up, said);
    if (this.boot !== boot) return; // Power cut meanwhile.
    boot.initPid = innerPid(child.pid ?? 0);
    try {
      await this.network.insertCards(this.side, boot.initPid);
    } catch (error) {
      if (this.boot === boot) throw error;
      return;
    }
    this.onChange();
    child.stdin?.write('go\n');
    await this.reached(boot, marks.ready, said);
    if (this.boot === boot) this.setPower('on');
  }

  private launch() {
    const { mode, appDir, nodePath, entry } = this.world;
    const rights = DROPPED_RIGHTS.map((right) => `-${right}`).join(',');
    const limit = mode === 'root' ? ['setpriv', '--bounding-set', rights] : [];
    const argv = [
      ...['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--'],
      ...limit,
      ...['sh', join(appDir, 'resources', 'rack', 'node-init.sh')],
      ...[this.dir, this.plan.name, mode, appDir, join(nodePath, '..'), '--'],
      ...[nodePath, entry, 'sshd'],
    ];
    const child = spawn('unshare', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    const said = { text: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.text = (said.text + text).slice(-2000)));
    child.stdin.on('error', () => undefined); // Power cut between two writes.
    const lines = createInterface({ input: child.stdout });
    const mark = (wanted: string) =>
      new Promise<void>((resolve) => lines.on('line', (line) => line === wanted && resolve()));
    return { child, marks: { up: mark('@up'), ready: mark('@ready') }, said };
  }

  private async reached(boot: Boot, mark: Promise<void>, said: { text: string }): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('it did not come up in time'), BOOT_MS_MAX);
    });
    const failure = await Promise.race([
      mark.then(() => null),
      boot.ended.then(() => 'it stopped while booting'),
      late,
    ]);
    clearTimeout(timer);
    if (failure === null || this.boot !== boot) return;
    await this.powerOff();
    throw new Error(`${this.plan.name}: ${failure}: ${said.text.trim()}`);
  }

  /** Cuts the power. Resolves when every process is dead and the network cards are gone. */
  async powerOff(): Promise<void> {
    const boot = this.boot;
    if (boot === null) return;
    this.boot = null;
    this.kill(boot);
    this.cable?.powerOff(this.side);
    this.setPower('off');
    await Promise.all([this.network.removeCards(this.side), boot.ended]);
    this.onChange();
  }

  private kill(boot: Boot): void {
    // PID 1 first: with it the kernel kills all others before anything else runs in there.
    if (boot.initPid !== null) killQuietly(boot.initPid);
    boot.child.kill('SIGKILL');
  }

  /** An orderly reboot: stop scripts run, then everything ends, then it boots. */
  async reboot(): Promise<void> {
    const boot = this.boot;
    if (boot?.initPid == null) return;
    process.kill(boot.initPid, 'SIGTERM');
    await boot.ended;
  }

  /** It went down by itself: `reboot` or `halt` typed in a terminal, or by our own request. */
  private async afterEnd(boot: Boot, status: number | null): Promise<void> {
    if (this.boot !== boot) return;
    this.boot = null;
    this.cable?.powerOff(this.side);
    this.setPower('off');
    await this.network.removeCards(this.side);
    this.onChange();
    if (status === STATUS_REBOOT)
      await this.powerOn().catch((error: Error) => process.stderr.write(`${error.message}\n`));
    else if (status !== STATUS_HALT) process.stderr.write(`${this.plan.name}: PID 1 ended with ${status}\n`);
  }

  private setPower(power: Power): void {
    this.power = power;
    this.onChange();
  }
}

/** The one child of an `unshare --fork`. Its parent has seen it run, so it exists. */
function innerPid(unsharePid: number): number {
  const children = readFileSync(`/proc/${unsharePid}/task/${unsharePid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
