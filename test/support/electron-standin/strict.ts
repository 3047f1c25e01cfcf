/** Makes gaps loud: using a member that the stand-in does not have throws by its name. */

/** An object that has only names which Electron's own declaration of the same object has. */
export type MembersOf<Real> = { [K in keyof Real]?: unknown };

/** Names that the language itself or a debugger asks for, on any object. */
const ASKED_BY_OTHERS = new Set(['then', 'toJSON', 'constructor', 'inspect', 'nodeType', 'asymmetricMatch']);

/**
 * Wraps `members` so that reading an absent name throws. Writing is allowed: Playwright replaces
 * `app.whenReady` and tests replace dialogs.
 */
export function strict<T extends object>(name: string, members: T): T {
  return new Proxy(members, {
    get(target, key, receiver) {
      if (typeof key === 'symbol' || key in target || key.startsWith('_') || ASKED_BY_OTHERS.has(key)) {
        return Reflect.get(target, key, receiver) as unknown;
      }
      throw new Error(`electron stand-in: ${name}.${key} is not implemented`);
    },
  });
}
