import { expect, test } from 'vitest';
import {
  MessageChannelMain,
  type MessagePortMain,
  PortRelay,
  releasePort,
  type PortFrame,
} from '../../support/electron-standin/ports.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function listen(port: MessagePortMain): {
  readonly data: unknown[];
  readonly ports: MessagePortMain[];
  closes: number;
} {
  const heard = { data: [] as unknown[], ports: [] as MessagePortMain[], closes: 0 };
  port.on('message', (event: { data: unknown; ports: MessagePortMain[] }) => {
    heard.data.push(event.data);
    heard.ports.push(...event.ports);
  });
  port.on('close', () => (heard.closes += 1));
  port.start();
  return heard;
}

test('messages wait until the port is started, and keep their order', async () => {
  const { port1, port2 } = new MessageChannelMain();
  port1.postMessage(1);
  port1.postMessage({ two: 2 });
  const heard = listen(port2);
  port1.postMessage(3);
  await settle();
  expect(heard.data).toEqual([1, { two: 2 }, 3]);
});

test('closing one end closes the other, once', async () => {
  const { port1, port2 } = new MessageChannelMain();
  const heard = listen(port2);
  port1.close();
  port1.close();
  await settle();
  expect(heard.closes).toBe(1);
});

test('a transferred port is of no more use here and works there', async () => {
  const outer = new MessageChannelMain();
  const inner = new MessageChannelMain();
  const outerHeard = listen(outer.port2);
  const innerHeard = listen(inner.port1);
  outer.port1.postMessage('take it', [inner.port2]);
  await settle();
  expect(() => inner.port2.postMessage(1)).toThrow('neutered');
  outerHeard.ports[0]?.postMessage('hello');
  await settle();
  expect(innerHeard.data).toEqual(['hello']);
});

/** Two relays joined back to back, as main and a utility process are. */
function border(): { readonly near: PortRelay; readonly far: PortRelay; readonly frames: PortFrame[] } {
  const frames: PortFrame[] = [];
  const near: PortRelay = new PortRelay('m', (frame) => {
    frames.push(frame);
    far.receive(frame);
  });
  const far: PortRelay = new PortRelay('u', (frame) => {
    frames.push(frame);
    near.receive(frame);
  });
  return { near, far, frames };
}

test('a port crosses a border, with ports inside its messages, and its close crosses too', async () => {
  const { near, far } = border();
  const { port1, port2 } = new MessageChannelMain();
  const heard = listen(port1);
  const there = new MessageChannelMain();
  // The far side holds the port as a MessagePortMain again.
  const end = far.take(near.give(releasePort(port2)));
  there.port2.release();
  await settle();
  const received: unknown[] = [];
  end.attach(
    (parcel) => received.push(parcel.data),
    () => received.push('closed'),
  );
  const inner = new MessageChannelMain();
  const innerHeard = listen(inner.port1);
  port1.postMessage('over', [inner.port2]);
  await settle();
  expect(received).toEqual(['"over"']);
  end.post({ data: '"back"', ports: [] });
  await settle();
  expect(heard.data).toEqual(['back']);
  port1.close();
  await settle();
  expect(received.at(-1)).toBe('closed');
  near.drop(); // the other process is gone: what was still open closes
  await settle();
  expect(innerHeard.closes).toBe(1);
});
