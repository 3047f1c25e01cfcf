/** Thrown by `assert`: a programming error, not something the world did. Nobody catches it to carry on. */
export class AssertionFailure extends Error {
  override name = 'AssertionFailure';
}

/** Stops the process when `condition` is false. Only for what a bug alone can cause. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`);
}
