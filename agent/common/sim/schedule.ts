/** Virtual time: a queue of things to do, in order of time, and of insertion at equal times. */

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A binary heap of entries; `nowMs` only ever moves forward, and only by running entries or `advanceTo`. */
export class Schedule {
  private heap: Entry[] = [];
  private nextOrder = 0;
  private clockMs = 0;

  /** Present virtual time, milliseconds since the start of the run. */
  get nowMs(): number {
    return this.clockMs;
  }

  /** Runs `run` at `atMs`, or now when that is past. */
  at(atMs: number, run: () => void): void {
    const entry = { atMs: Math.max(atMs, this.clockMs), order: this.nextOrder++, run };
    this.heap.push(entry);
    this.rise(this.heap.length - 1);
  }

  /** Runs everything that is due until `untilMs`, which then is now. */
  advanceTo(untilMs: number): void {
    for (let first = this.heap[0]; first !== undefined && first.atMs <= untilMs; first = this.heap[0]) {
      this.removeFirst();
      this.clockMs = first.atMs;
      first.run();
    }
    this.clockMs = Math.max(this.clockMs, untilMs);
  }

  private rise(index: number): void {
    const { heap } = this;
    for (let i = index; i > 0;) {
      const parent = (i - 1) >> 1;
      const [a, b] = [heap[i] as Entry, heap[parent] as Entry];
      if (!before(a, b)) return;
      heap[i] = b;
      heap[parent] = a;
      i = parent;
    }
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && before(heap[right] as Entry, heap[left] as Entry) ? right : left;
      const [a, b] = [heap[i] as Entry, heap[child] as Entry];
      if (!before(b, a)) return;
      heap[i] = b;
      heap[child] = a;
      i = child;
    }
  }
}
