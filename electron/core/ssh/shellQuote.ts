/** One word for a POSIX shell, whatever it contains except NUL (which no command line can carry). */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line from separate words. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}
