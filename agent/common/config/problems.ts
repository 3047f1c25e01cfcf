/** Collects what is wrong with a file while it is read; parsing goes on to the end, so that one run shows all. */
import type { ConfigProblem, SourcePosition } from './model.ts';

export class Problems {
  private readonly all: ConfigProblem[] = [];

  /** The file cannot be used as it is. `message`: a sentence with what is wrong and what was expected. */
  error(code: string, at: SourcePosition, message: string): void {
    this.all.push({ severity: 'error', code, at, message: printable(message) });
  }

  /** It can be used, but hardly means what was meant. */
  warning(code: string, at: SourcePosition, message: string): void {
    this.all.push({ severity: 'warning', code, at, message: printable(message) });
  }

  get hasErrors(): boolean {
    return this.all.some((problem) => problem.severity === 'error');
  }

  /** In the order of the file. */
  list(): ConfigProblem[] {
    return this.all.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  }
}

/** Messages quote the file, which may hold anything; they end up in terminals and logs. */
function printable(message: string): string {
  return message.replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
}

/** `file:line:column: severity: message [code]`, as compilers print it. */
export function formatProblem(problem: ConfigProblem): string {
  const { file, line, column } = problem.at;
  return `${file}:${line}:${column}: ${problem.severity}: ${problem.message} [${problem.code}]`;
}
