/** Entry of the heartbeat thread: real media, real clock, the engine. Nothing else may run here. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../common/base/assert.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import { createEngine } from '../../common/engine/engine.ts';
import { bootTimeMs, loadAverage, monotonicNow } from '../host/clock.ts';
import { openLibc } from '../host/libc.ts';
import { openNetKernel } from '../host/netKernel.ts';
import { enterRealtime } from '../host/realtime.ts';
import { realTimers } from '../host/timers.ts';
import { feedWatchdog } from '../host/watchdog.ts';
import type { Medium } from '../media/medium.ts';
import { openPingPort } from '../media/pingSocket.ts';
import { SerialMedium } from '../media/serial.ts';
import { UdpLinks, UdpMedium } from '../media/udp.ts';
import { HeartbeatLoop } from './loop.ts';
import type { FromThread, ThreadSetup, ToThread } from './messages.ts';

/** True when this thread was started to be the heartbeat thread. */
export function isHeartbeatThread(): boolean {
  return parentPort !== null && (workerData as Partial<ThreadSetup> | null)?.role === 'heartbeat';
}

/** Runs until the main thread says `close`. */
export function runHeartbeatThread(): void {
  const port = parentPort;
  assert(port !== null, 'the heartbeat thread has a parent');
  const setup = workerData as ThreadSetup;
  const loaded = openLibc();
  const libc = loaded.ok ? loaded.value : null;
  const kernel = openNetKernel(libc);
  const links = new UdpLinks();
  const medium = (link: LinkConfig): Medium =>
    link.medium === 'serial'
      ? new SerialMedium(link, { libc, timers: realTimers, now: monotonicNow })
      : new UdpMedium(link, { libc, kernel, links, now: monotonicNow });
  const post = (message: FromThread): void => port.postMessage(message);
  post({ kind: 'realtime', got: enterRealtime(libc, setup.realtime) });
  const loop = new HeartbeatLoop(setup, {
    engine: createEngine(setup.engine),
    media: setup.links.map(medium),
    timers: realTimers,
    now: monotonicNow,
    wallSeconds: () => Math.floor(Date.now() / 1000),
    loadAverage,
    bootTimeMs,
    post,
    feedWatchdog,
    openPing: (address) => openPingPort(libc, address, process.pid & 0xffff),
  });
  port.on('message', (message: ToThread) => {
    loop.handle(message);
    if (message.kind === 'close') port.close();
  });
  void loop.start();
}
