/**
 * A bounded column store on a time axis. It lives outside React: samples arrive ten times
 * a second a node and must not cost a render. NaN stands for "not known".
 */
export class Ring {
  private readonly times: Float64Array;
  private readonly columns: readonly Float64Array[];
  private start = 0;
  private count = 0;
  readonly capacity: number;

  constructor(capacity: number, columnCount: number) {
    this.capacity = capacity;
    this.times = new Float64Array(capacity);
    this.columns = Array.from({ length: columnCount }, () => new Float64Array(capacity));
  }

  get length(): number {
    return this.count;
  }

  /** Time of the i-th oldest row; NaN outside. */
  timeAt(i: number): number {
    if (i < 0 || i >= this.count) return NaN;
    return this.times[(this.start + i) % this.capacity] ?? NaN;
  }

  /** Value of a column in the i-th oldest row; NaN outside. */
  valueAt(column: number, i: number): number {
    if (i < 0 || i >= this.count) return NaN;
    return this.columns[column]?.[(this.start + i) % this.capacity] ?? NaN;
  }

  get oldestMs(): number {
    return this.timeAt(0);
  }

  get newestMs(): number {
    return this.timeAt(this.count - 1);
  }

  /** Index of the first row at or after `tMs`; `length` when there is none. */
  indexAtOrAfter(tMs: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) < tMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Adds a row, dropping the oldest when full. A row for a time that is there already
   * replaces it; a late row (what was missed and fetched afterwards) goes to its place.
   */
  push(tMs: number, values: readonly number[]): void {
    const at = this.count === 0 || tMs > this.newestMs ? this.count : this.indexAtOrAfter(tMs);
    if (at < this.count && this.timeAt(at) === tMs) {
      this.write(at, tMs, values);
      return;
    }
    if (this.count === this.capacity) {
      if (at === 0) return;
      this.start = (this.start + 1) % this.capacity;
      this.shiftUp(at - 1, this.count - 1);
      this.write(at - 1, tMs, values);
      return;
    }
    this.count += 1;
    this.shiftUp(at, this.count - 1);
    this.write(at, tMs, values);
  }

  clear(): void {
    this.start = 0;
    this.count = 0;
  }

  /** Moves rows from..to-1 one place towards the newest end. */
  private shiftUp(from: number, to: number): void {
    for (let i = to; i > from; i--) {
      const source = (this.start + i - 1) % this.capacity;
      const target = (this.start + i) % this.capacity;
      this.times[target] = this.times[source] ?? NaN;
      for (const column of this.columns) column[target] = column[source] ?? NaN;
    }
  }

  private write(i: number, tMs: number, values: readonly number[]): void {
    const slot = (this.start + i) % this.capacity;
    this.times[slot] = tMs;
    this.columns.forEach((column, c) => (column[slot] = values[c] ?? NaN));
  }
}
