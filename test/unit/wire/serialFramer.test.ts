import { describe, expect, test } from 'vitest';
import { bytesFromLatin1, latin1FromBytes } from '../../../agent/common/base/bytes.ts';
import { SERIAL_FRAME_BYTES_MAX } from '../../../agent/common/wire/limits.ts';
import { SerialFramer } from '../../../agent/common/wire/serialFramer.ts';

const A = '>>>\nt=a\nauth=1 aa\n<<<\n';
const B = '>>>\nt=b\nauth=1 bb\n<<<\n';

/** Frames found in `line`, and how many bytes were in none; the same for every way to cut the line into chunks. */
function read(line: string): { frames: string[]; dropped: number } {
  const whole = run(line, line.length);
  for (const chunk of [1, 2, 3, 5]) expect(run(line, chunk)).toEqual(whole);
  return whole;
}

function run(line: string, chunkBytes: number): { frames: string[]; dropped: number } {
  const framer = new SerialFramer();
  const frames: string[] = [];
  const bytes = bytesFromLatin1(line);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    frames.push(...framer.push(bytes.subarray(at, at + chunkBytes)).map(latin1FromBytes));
  }
  return { frames, dropped: framer.droppedBytes };
}

test('whole frames come out as they are, line ends between them do not count', () => {
  expect(read(`\n${A}\n\n${B}`)).toEqual({ frames: [A, B], dropped: 0 });
});

test('carriage returns, breaks and the eighth bit are no data', () => {
  const noisy = A.replaceAll('\n', '\r\n').replace('t', 't\0');
  expect(read(noisy)).toEqual({ frames: [A], dropped: 0 });
  expect(read(A.replace('t=a', '\xf4=a'))).toEqual({ frames: [A], dropped: 0 });
});

describe('resynchronisation', () => {
  test('plugged in the middle of a frame: the next one is whole', () => {
    expect(read(`=1 aa\n<<<\n${B}`)).toEqual({ frames: [B], dropped: '=1 aa<<<'.length });
  });

  // The real reader loses both frames here and is in step again at the third.
  test('a torn frame costs only itself', () => {
    expect(read(`>>>\nt=sta${B}${A}`)).toEqual({ frames: [B, A], dropped: '>>>\nt=sta'.length });
  });

  test('a frame torn between two lines', () => {
    expect(read(`>>>\nt=a\n${B}`)).toEqual({ frames: [B], dropped: '>>>\nt=a\n'.length });
  });

  // The real reader loses the frame behind the garbage.
  test('garbage glued in front of a start mark', () => {
    expect(read(`\x01\x7fxy${A}`)).toEqual({ frames: [A], dropped: 4 });
  });

  test('garbage behind a start mark on its line', () => {
    expect(read(A.replace('>>>', '>>>~'))).toEqual({ frames: [A], dropped: 1 });
  });

  test('a lost end mark', () => {
    expect(read(`>>>\nt=a\nauth=1 aa${B}${A}`)).toEqual({ frames: [B, A], dropped: '>>>\nt=a\nauth=1 aa'.length });
  });

  test('an end mark without a frame', () => {
    expect(read(`<<<\n${A}`)).toEqual({ frames: [A], dropped: 3 });
  });
});

describe('bounds', () => {
  test.each(['', '\n'])('endless noise (with %j) is dropped, and the next frame is found', (end) => {
    const noise = 'x'.repeat(3 * SERIAL_FRAME_BYTES_MAX);
    expect(read(`${noise}${end}${A}`)).toEqual({ frames: [A], dropped: noise.length });
  });

  test('a frame of exactly the limit comes out, a longer one does not', () => {
    const frame = (bytes: number): string => `>>>\nv=${'x'.repeat(bytes - 11)}\n<<<\n`;
    const largest = frame(SERIAL_FRAME_BYTES_MAX);
    expect(largest).toHaveLength(SERIAL_FRAME_BYTES_MAX);
    expect(read(largest + A)).toEqual({ frames: [largest, A], dropped: 0 });
    for (let more = 1; more < 8; more++) expect(read(frame(SERIAL_FRAME_BYTES_MAX + more) + A).frames).toEqual([A]);
  });

  test('a frame of endless lines is dropped', () => {
    const { frames } = read(`>>>\n${'k=v\n'.repeat(SERIAL_FRAME_BYTES_MAX)}<<<\n${A}`);
    expect(frames).toEqual([A]);
  });
});

test('reset forgets half a frame', () => {
  const framer = new SerialFramer();
  framer.push(bytesFromLatin1('>>>\nt=a\n'));
  expect(framer.insideFrame).toBe(true);
  framer.reset();
  expect(framer.insideFrame).toBe(false);
  expect(framer.push(bytesFromLatin1(`auth=1 aa\n<<<\n${B}`)).map(latin1FromBytes)).toEqual([B]);
});
