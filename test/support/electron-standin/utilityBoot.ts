/** Loaded first in a utility process: gives it `process.parentPort`, and ends it with its parent. */
import { EventEmitter } from 'node:events';
import { codec, MessagePortMain, PortRelay } from './ports.ts';
import type { UtilityFrame } from './utilityProcess.ts';

const send = (frame: UtilityFrame): void => {
  if (process.connected) process.send?.(codec.encode(frame));
};
const relay = new PortRelay('u', send);
const waiting: UtilityFrame[] = [];
let isListening = false;

const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (message: unknown) => send({ t: 'message', data: codec.encode(message), ports: [] }),
});

function deliver(frame: UtilityFrame): void {
  if (frame.t !== 'message') return relay.receive(frame);
  const ports = frame.ports.map((id) => new MessagePortMain(relay.take(id)));
  parentPort.emit('message', { data: codec.decode(frame.data), ports });
}

// As in Electron: messages wait until the script listens.
parentPort.on('newListener', (event) => {
  if (event !== 'message' || isListening) return;
  isListening = true;
  setImmediate(() => waiting.splice(0).forEach(deliver));
});
process.on('message', (text: string) => {
  const frame = codec.decode(text) as UtilityFrame;
  if (isListening && waiting.length === 0) deliver(frame);
  else waiting.push(frame);
});
process.on('disconnect', () => process.exit(1)); // the browser process is gone
Object.assign(process, { type: 'utility', parentPort });
