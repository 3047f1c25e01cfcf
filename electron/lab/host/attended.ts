/** What consoles have broken in the rack and stay for: undone when theirs is gone. */
import type { CableCommand, ImpostorCommand, PowerCommand } from '../protocol.ts';

/** Does one of the rack's commands. */
export interface Doer {
  power(command: PowerCommand): Promise<unknown>;
  cable(command: CableCommand): Promise<unknown>;
  impostor(command: ImpostorCommand): Promise<unknown>;
}

interface Held {
  /** The connection that asked for it. */
  readonly owner: object;
  readonly undo: () => Promise<unknown>;
}

const FOR_GOOD = { revertAfterMs: null, attended: false };

export class Attended {
  private readonly doer: Doer;
  private readonly held = new Map<string, Held>();

  constructor(doer: Doer) {
    this.doer = doer;
  }

  /** Whoever sets a thing last decides whether it is held. */
  private note(thing: string, owner: object, isHeld: boolean, undo: () => Promise<unknown>): void {
    if (isHeld) this.held.set(thing, { owner, undo });
    else this.held.delete(thing);
  }

  power(command: PowerCommand, owner: object): void {
    const { node, action } = command;
    const undo = (): Promise<unknown> => this.doer.power({ node, action: 'on', ...FOR_GOOD });
    this.note(`power ${node}`, owner, command.attended && action === 'off', undo);
  }

  cable(command: CableCommand, owner: object): void {
    const { id } = command;
    const undo = (): Promise<unknown> => this.doer.cable({ id, aToB: true, bToA: true, noisePpm: 0, ...FOR_GOOD });
    this.note(`cable ${id}`, owner, command.attended, undo);
  }

  impostor(command: ImpostorCommand, owner: object): void {
    const undo = (): Promise<unknown> => this.doer.impostor({ address: null, ...FOR_GOOD });
    this.note('impostor', owner, command.attended && command.address !== null, undo);
  }

  /** The connection ended. Resolves when everything of its console is undone; what cannot be is left to its own timer. */
  async leave(owner: object): Promise<void> {
    const own = [...this.held].filter(([, held]) => held.owner === owner);
    for (const [thing] of own) this.held.delete(thing);
    await Promise.allSettled(own.map(([, { undo }]) => undo()));
  }
}
