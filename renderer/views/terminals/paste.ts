/** What is about to be pasted, looked at before it reaches a server. */

/** Lines that would run: a break at the very end runs the last one too, but adds none. */
export function pastedLineCount(text: string): number {
  const body = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  return body === '' ? 1 : body.split('\n').length;
}

/** A text of several lines, or of one that would run at once, is asked about first. */
export function needsGuard(text: string): boolean {
  return /[\r\n]/.test(text);
}
