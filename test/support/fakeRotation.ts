/** A scripted rotation of the fake pair's keys, with the reports of both agents following it. */
import type { CancelSignal } from '../../agent/common/rpc/cancel.ts';
import type { KeyRotationProgress } from '../../electron/common/contract/console.ts';
import type { FakePair } from './fakePair.ts';

interface Rotation {
  readonly method: string;
  readonly stepMs: number;
  readonly failsAt: KeyRotationProgress['step'] | null;
  readonly signal: CancelSignal;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const NEW_FINGERPRINT = '0f1e2d3c4b5a';
const OLD_FINGERPRINT = 'a1b2c3d4e5f6';

export async function* fakeRotation(
  pair: FakePair,
  { method, stepMs, failsAt, signal }: Rotation,
): AsyncGenerator<KeyRotationProgress> {
  for (const step of ['check', 'learn', 'sign', 'forget'] as const) {
    for (const { name } of pair.nodes) {
      if (step === failsAt) {
        yield { step: 'failed', node: name, failure: 'refused', detail: 'the agent refused the file' };
        return;
      }
      yield { step, node: name, failure: null, detail: `authkeys: ${step}` };
      await sleep(stepMs);
      if (step === 'check') continue;
      const isNew = step !== 'learn';
      pair.report(name, {
        keys: {
          index: isNew ? 2 : 1,
          method: isNew ? method : 'sha1',
          fingerprint: isNew ? NEW_FINGERPRINT : OLD_FINGERPRINT,
          accepted: step === 'forget' ? 1 : 2,
        },
      });
    }
    if (signal.aborted) {
      yield { step: 'cancelled', node: null, failure: null, detail: '' };
      return;
    }
  }
  yield { step: 'done', node: null, failure: null, detail: '' };
}
