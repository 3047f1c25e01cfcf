/**
 * Cancellation without the DOM: structurally what AbortSignal is, so that a caller in Node
 * or in a page passes its own AbortSignal, and pure code can make one itself.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Makes a signal and fires it, once. */
export class CancelSource {
  private readonly listeners = new Set<() => void>();
  private fired = false;

  readonly signal: CancelSignal;

  constructor() {
    const isFired = (): boolean => this.fired;
    this.signal = {
      get aborted() {
        return isFired();
      },
      addEventListener: (_type, listener) => {
        if (this.fired) listener();
        else this.listeners.add(listener);
      },
      removeEventListener: (_type, listener) => {
        this.listeners.delete(listener);
      },
    };
  }

  /** Fires the signal; later calls do nothing. */
  cancel(): void {
    if (this.fired) return;
    this.fired = true;
    for (const listener of [...this.listeners]) listener();
    this.listeners.clear();
  }
}
