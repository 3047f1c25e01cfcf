/** What the CLI says and asks. Results go to standard output, everything else to standard error. */
import { createInterface } from 'node:readline';
import { CliError } from './exitStatus.ts';

export interface CliIo {
  /** A result: text as it is. */
  out(text: string): void;
  /** A line of progress; only on a terminal. */
  progress(line: string): void;
  /** A warning; always. */
  warn(line: string): void;
  readonly canAsk: boolean;
  /** Asks without echo. Throws `usage` where nobody can be asked. */
  askSecret(question: string): Promise<string>;
  ask(question: string): Promise<string>;
  /** As `ask`; null when `signal` says that the answer is no longer needed. */
  askUntil(question: string, signal: AbortSignal): Promise<string | null>;
}

function readSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (end: () => void): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      end();
    };
    const onData = (chunk: string): void => {
      for (const c of chunk) {
        if (c === '\r' || c === '\n') return finish(() => resolve(text));
        if (c === '\u0003' || c === '\u0004') return finish(() => reject(new CliError('interrupted', 'interrupted')));
        text = c === '\u007f' || c === '\b' ? text.slice(0, -1) : text + c;
      }
    };
    stdin.on('data', onData);
  });
}

/** The real one. */
export function terminalIo(): CliIo {
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const needTerminal = (): void => {
    if (!canAsk)
      throw new CliError(
        'usage',
        'a password is needed and there is no terminal: use TWINBEAT_PASSWORD or --password-stdin',
      );
  };
  return {
    out: (text) => process.stdout.write(text),
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
    },
    warn: (line) => process.stderr.write(`twinbeat: ${line}\n`),
    canAsk,
    askSecret: async (question) => {
      needTerminal();
      return readSecret(question);
    },
    ask: (question) =>
      new Promise((resolve) => {
        const lines = createInterface({ input: process.stdin, output: process.stderr });
        lines.question(question, (answer) => {
          lines.close();
          resolve(answer.trim());
        });
      }),
    askUntil: (question, signal) =>
      new Promise((resolve) => {
        const lines = createInterface({ input: process.stdin, output: process.stderr });
        const leave = (): void => {
          lines.close();
          resolve(null);
        };
        signal.addEventListener('abort', leave, { once: true });
        // With readline listening, Ctrl-C is a key and no longer a signal.
        lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
        lines.question(question, (answer) => {
          signal.removeEventListener('abort', leave);
          lines.close();
          resolve(answer.trim());
        });
      }),
  };
}

/** The first line of standard input, for `--password-stdin`. */
export async function firstLineOfStdin(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  throw new CliError('usage', '--password-stdin was given and standard input is empty');
}
