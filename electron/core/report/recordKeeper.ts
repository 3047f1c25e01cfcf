/** Reads each node's configuration once, as soon as it can be reached: what a report later compares with. */
import type { Session } from '../session/session.ts';
import type { NodeConnector } from '../service/ports.ts';
import { readNode } from './nodeRecord.ts';

export class RecordKeeper {
  private readonly off: (() => void)[];
  private readonly session: Pick<Session, 'addRecord'>;
  private readonly wallMs: () => number;
  private readonly done = new Set<string>();
  private readonly reading = new Map<string, Promise<void>>();
  private isClosed = false;

  constructor(connectors: readonly NodeConnector[], session: Pick<Session, 'addRecord'>, wallMs: () => number) {
    this.session = session;
    this.wallMs = wallMs;
    this.off = connectors.map((connector) => connector.onState(() => this.look(connector)));
    for (const connector of connectors) this.look(connector);
  }

  private look(connector: NodeConnector): void {
    const { name } = connector.spec;
    const isReady = connector.state().phase === 'ready';
    if (this.isClosed || !isReady || this.done.has(name) || this.reading.has(name)) return;
    this.reading.set(
      name,
      this.read(connector).finally(() => this.reading.delete(name)),
    );
  }

  /** A node that cannot be read now is asked again when its connection changes. */
  private async read(connector: NodeConnector): Promise<void> {
    const read = await readNode(connector, this.wallMs());
    if (!read.ok || this.isClosed) return;
    this.done.add(connector.spec.name);
    this.session.addRecord(read.value.record);
  }

  /** Resolves when no reading is under way: a report that is made at once should have its beginning. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.reading.values()]);
  }

  close(): void {
    this.isClosed = true;
    for (const off of this.off) off();
  }
}
