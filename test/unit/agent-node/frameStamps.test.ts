import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import { FrameStamps } from '../../../agent/node/media/frameStamps.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** 39 bytes: 20.3 ms on a line of 19200 baud. */
const FRAME = '>>>\nt=status\nst=up\nsrc=node1\nseq=1\n<<<\n';

describe('stamps of serial frames', () => {
  test('a frame that comes in pieces is stamped with its first byte', () => {
    const stamps = new FrameStamps(19_200);
    expect(stamps.push(latin1(FRAME.slice(0, 10)), instant(1000))).toEqual([]);
    const [whole] = stamps.push(latin1(FRAME.slice(10)), instant(1015));
    expect(whole?.receivedAt).toEqual(instant(1000));
  });

  // Goal: the half of a frame that a power cut left behind must not age the next life's first heartbeat.
  test('a frame glued to a torn one is not as old as the torn one', () => {
    const stamps = new FrameStamps(19_200);
    stamps.push(latin1('>>>\nt=status\nst=act'), instant(1000));
    const frames = stamps.push(latin1(`\n${FRAME}`), instant(9000));
    const last = frames.at(-1);
    expect(Buffer.from(last?.frame ?? []).toString()).toContain('seq=1');
    expect(last?.receivedAt.monotonicMs).toBeGreaterThan(8900);
  });

  test('the second frame of one read is not older than the read', () => {
    const stamps = new FrameStamps(19_200);
    stamps.push(latin1(FRAME.slice(0, 10)), instant(1000));
    const frames = stamps.push(latin1(FRAME.slice(10) + FRAME), instant(1020));
    expect(frames.map((f) => f.receivedAt.monotonicMs)).toEqual([1000, 1020]);
  });
});
