/** What a person who starts the daemon in a terminal, or reads the log of init or systemd, should see without looking for it. */
import type { TimelineEvent } from '../../common/timeline/event.ts';

/** Lines at most: standard error may be a pipe that nobody reads, and a write to a full one blocks. */
const LINES_MAX = 40;

/** Takes every journaled event; prints each problem that begins before the node is active, once. */
export class StartNotes {
  private readonly print: (line: string) => void;
  private readonly said = new Set<string>();
  private over = false;

  constructor(print: (line: string) => void) {
    this.print = print;
  }

  take({ body }: Pick<TimelineEvent, 'body'>): void {
    if (body.kind === 'local-status' && body.status === 'active') this.over = true;
    if (body.kind === 'problem' && !body.over) this.say(`[${body.code}] ${body.detail}`);
  }

  say(text: string): void {
    if (this.over || this.said.has(text) || this.said.size >= LINES_MAX) return;
    this.said.add(text);
    this.print(`twinbeat-agent: ${text.replaceAll('\n', ' | ')}\n`);
  }
}
