/** Problems that last: each is told when it begins, and once more when it is over. */
import type { EventDraft, Severity } from '../../../common/timeline/event.ts';

export class Conditions {
  private readonly publish: (draft: EventDraft) => void;
  private readonly present = new Map<string, string>();

  constructor(publish: (draft: EventDraft) => void) {
    this.publish = publish;
  }

  /** `detail` null: it is not there, or not any more. A changed detail ends the old and begins the new one. */
  set(code: string, detail: string | null, severity: Severity): void {
    const before = this.present.get(code) ?? null;
    if (before === detail) return;
    if (before !== null) {
      this.present.delete(code);
      this.publish({ severity: 'info', body: { kind: 'problem', code, over: true, detail: before } });
    }
    if (detail === null) return;
    this.present.set(code, detail);
    this.publish({ severity, body: { kind: 'problem', code, over: false, detail } });
  }

  /** Detail of a problem that is there now, or null. */
  of(code: string): string | null {
    return this.present.get(code) ?? null;
  }
}
