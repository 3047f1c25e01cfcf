/** What the lines of one ha.cf have set so far, before defaults that depend on others and before the checks. */
import type { LinkConfig, SourcePosition, StonithLine } from './model.ts';
import type { Problems } from './problems.ts';
import type { Word } from './document.ts';

/** A value with its place in the file; null: it is the directive's default. */
export interface Located<T> {
  readonly value: T;
  readonly at: SourcePosition | null;
}

/** Scalars are keyed by directive name. Durations are in milliseconds. */
export interface Draft {
  readonly numbers: Map<string, Located<number>>;
  readonly texts: Map<string, Located<string>>;
  readonly flags: Map<string, Located<boolean>>;
  readonly nodes: Located<string>[];
  readonly links: { readonly link: LinkConfig; readonly at: SourcePosition }[];
  readonly pingNodes: { readonly name: string; readonly members: readonly string[] }[];
  readonly respawn: { readonly user: string; readonly command: string; readonly failfast: boolean }[];
  readonly stonith: StonithLine[];
  readonly environment: Map<string, string>;
  readonly apiClients: Set<string>;
}

/** One use of a directive, as its setter sees it. */
export interface DirectiveUse {
  readonly name: string;
  /** Where the directive's name stands. */
  readonly at: SourcePosition;
  /** At least one. Exactly one where the row takes `each`. */
  readonly values: readonly [Word, ...Word[]];
  /** Everything behind the name, gaps and commas kept, without a comment, trimmed. */
  readonly rest: string;
  /** Applied as a default, before the file is read. */
  readonly isDefault: boolean;
  readonly draft: Draft;
  readonly problems: Problems;
}

/** A draft in which nothing is set. */
export function emptyDraft(): Draft {
  return {
    numbers: new Map(),
    texts: new Map(),
    flags: new Map(),
    nodes: [],
    links: [],
    pingNodes: [],
    respawn: [],
    stonith: [],
    environment: new Map(),
    apiClients: new Set(),
  };
}
