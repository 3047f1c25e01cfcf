/** Which stretch of time the monitor shows. Zooming and pausing change the view, never the feed. */

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Below this the beats themselves are further apart than the picture. */
export const SPAN_MS_MIN = 200;
/** A long shift. */
export const SPAN_MS_MAX = 12 * 3_600_000;
export const SPAN_MS_DEFAULT = 60_000;

const clampSpan = (ms: number): number => Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, ms));

export class Viewport {
  private frozenToMs: number | null = null;
  private span: number = SPAN_MS_DEFAULT;
  /** Grows with every change. */
  revision = 0;
  private readonly listeners = new Set<() => void>();

  get isLive(): boolean {
    return this.frozenToMs === null;
  }

  get spanMs(): number {
    return this.span;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  range(nowMs: number): TimeRange {
    const toMs = this.frozenToMs ?? nowMs;
    return { fromMs: toMs - this.span, toMs };
  }

  pause(nowMs: number): void {
    if (this.isLive) this.change(this.span, nowMs);
  }

  goLive(): void {
    this.change(this.span, null);
  }

  /** Back to live with the usual stretch. */
  reset(): void {
    this.change(SPAN_MS_DEFAULT, null);
  }

  setSpan(spanMs: number): void {
    this.change(clampSpan(spanMs), this.frozenToMs);
  }

  /** Shows exactly a chosen stretch. */
  select(range: TimeRange): void {
    const span = clampSpan(range.toMs - range.fromMs);
    const middle = (range.fromMs + range.toMs) / 2;
    this.change(span, middle + span / 2);
  }

  /** `factor` < 1 looks closer. Live: the right edge stays now. Frozen: `anchorMs` stays where it is on the screen. */
  zoom(factor: number, anchorMs: number): void {
    const span = clampSpan(this.span * factor);
    if (this.frozenToMs === null) return this.change(span, null);
    const share = (this.frozenToMs - anchorMs) / this.span;
    this.change(span, anchorMs + share * span);
  }

  /** Moves by a share of the visible stretch; moving right past now goes live again. */
  pan(share: number, nowMs: number): void {
    const toMs = (this.frozenToMs ?? nowMs) + share * this.span;
    this.change(this.span, toMs >= nowMs ? null : toMs);
  }

  private change(span: number, frozenToMs: number | null): void {
    if (span === this.span && frozenToMs === this.frozenToMs) return;
    this.span = span;
    this.frozenToMs = frozenToMs;
    this.revision += 1;
    for (const listener of this.listeners) listener();
  }
}
