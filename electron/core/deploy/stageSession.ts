/**
 * One change on one node, from the upload to its end. The prepared change lives on the node as
 * long as this session does: when it is cancelled, or the connection goes away, the node
 * removes it. After `commit` the node finishes alone.
 */
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { SshProcess } from '../ssh/remoteProcess.ts';
import type { DeployHost } from './host.ts';
import { scriptCommand, stageScript } from './scripts/stage.ts';
import type { Upload } from './upload.ts';

export type StageFailure =
  /** The node could not take it, or it was cancelled; nothing has changed. */
  | 'refused'
  /** The change failed on the node and was taken back there. */
  | 'rolled-back'
  /** The connection went away. Before commit nothing has changed; after it the node finishes alone. */
  | 'lost';

/** Prefix of the lines that the scripts on the node print for us. */
const MARK = 'twinbeat ';

export class StageSession {
  private readonly process: SshProcess;
  private readonly waiting: string[] = [];
  private wake: (() => void) | null = null;
  private over = false;
  private errorText = '';
  private lastFailure = '';

  private constructor(process: SshProcess) {
    this.process = process;
    let rest = '';
    const decoder = new TextDecoder();
    process.onData((bytes) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      this.waiting.push(...lines.filter((line) => line.startsWith(MARK)).map((line) => line.slice(MARK.length)));
      this.wake?.();
    });
    process.onErrorText((text) => {
      this.errorText = (this.errorText + text).slice(-1000);
    });
    void process.exit.then(() => {
      this.over = true;
      this.wake?.();
    });
  }

  /** Uploads and prepares. `onSent` gets the bytes that left so far. */
  static async open(
    host: DeployHost,
    upload: Upload,
    runtimeFrom: string | null,
    onSent: (bytes: number) => void,
    signal: CancelSignal,
  ): Promise<Result<StageSession, StageFailure>> {
    const script = stageScript({ uploadBytes: upload.bytes, uploadSha256: upload.sha256, runtimeFrom });
    const started = await host.start(scriptCommand(Buffer.byteLength(script)), { asRoot: true });
    if (!started.ok) return fail('refused', started.detail);
    const session = new StageSession(started.value);
    const onAbort = (): void => session.cancel();
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const endBulk = host.beginBulk();
    try {
      session.process.write(script);
      const ready = await session.expect('ready');
      if (!ready.ok) return ready;
      const unfed = session.process.feed(upload.chunks(), onSent);
      const staged = await session.expect('staged');
      await unfed;
      return staged.ok ? ok(session) : staged;
    } finally {
      endBulk();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Makes the change happen. `onStep` gets the words of each step as it begins. */
  async commit(onStep: (words: string) => void): Promise<Result<void, StageFailure>> {
    this.process.write('commit\n');
    for (;;) {
      const line = await this.nextLine();
      if (line === null)
        return fail('lost', 'the connection was lost; the node finishes the change, or takes it back, alone');
      const [word = '', ...rest] = line.split(' ');
      const text = rest.join(' ');
      if (word === 'step') onStep(text);
      else if (word === 'failed') this.lastFailure = text;
      else if (word === 'refused') return fail('refused', text);
      else if (word === 'ended') {
        if (text === '0') return ok(undefined);
        if (text === '3') return fail('rolled-back', this.lastFailure);
        return fail('lost', `the script on the node ended with status ${text}: ${this.errorText.trim()}`);
      }
    }
  }

  /** Gives up before commit: the node removes what was prepared. */
  cancel(): void {
    this.process.endInput();
  }

  /** Resolves when the node has removed what was prepared (or cannot be asked any more). */
  async cancelled(): Promise<void> {
    this.cancel();
    while ((await this.nextLine()) !== null);
  }

  private async expect(word: string): Promise<Result<void, StageFailure>> {
    for (;;) {
      const line = await this.nextLine();
      if (line === word) return ok(undefined);
      if (line?.startsWith('refused ') === true) return fail('refused', line.slice('refused '.length));
      if (line === null) {
        const exit = await this.process.exit;
        return exit.kind === 'lost'
          ? fail('lost', exit.detail)
          : fail('refused', this.errorText.trim() || `ended with status ${exit.code ?? 'unknown'}`);
      }
    }
  }

  private async nextLine(): Promise<string | null> {
    for (;;) {
      const line = this.waiting.shift();
      if (line !== undefined) return line;
      if (this.over) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = null;
    }
  }
}
