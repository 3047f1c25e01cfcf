/** What can go wrong with a rack as a whole. `message` is one sentence for people, with what to do. */
export class RackError extends Error {
  override name = 'RackError';
  readonly code: 'unsupported' | 'already-running' | 'bad-name' | 'cancelled' | 'failed';

  constructor(code: RackError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
