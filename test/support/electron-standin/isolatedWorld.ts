/**
 * What a sandboxed preload script finds: `electron` (ipcRenderer only), events, timers, url, and a
 * small `process`. Runs in a V8 isolated world of the real page. Given to Chromium as text, so it
 * must not use anything from outside itself.
 */
import type { Codec } from './codec.ts';

export interface WorldBoot {
  readonly preloadPath: string;
  readonly process: Record<string, unknown>;
}

export type PreloadBody = (
  require: (id: string) => unknown,
  process: unknown,
  module: { exports: unknown },
  exports: unknown,
) => void;

export function isolatedWorld(createCodec: () => Codec, boot: WorldBoot, runPreload: PreloadBody): void {
  if (window.top !== window) return; // nodeIntegrationInSubFrames is off: no preload in frames
  const { encode, decode } = createCodec();
  const scope = globalThis as unknown as {
    __electronStandin?: (text: string) => void;
    __electronStandinReceive?: (text: string) => void;
  };
  const native = scope.__electronStandin;
  delete scope.__electronStandin;
  const post = (message: unknown): void => native?.(encode(message));

  type Listener = (...args: unknown[]) => void;
  class Emitter {
    private readonly table = new Map<string, Listener[]>();
    on(event: string, listener: Listener): this {
      this.table.set(event, [...(this.table.get(event) ?? []), listener]);
      return this;
    }
    once(event: string, listener: Listener): this {
      const once: Listener = (...args) => {
        this.off(event, once);
        listener(...args);
      };
      return this.on(event, once);
    }
    off(event: string, listener: Listener): this {
      this.table.set(
        event,
        (this.table.get(event) ?? []).filter((item) => item !== listener),
      );
      return this;
    }
    emit(event: string, ...args: unknown[]): boolean {
      const listeners = this.table.get(event) ?? [];
      for (const listener of listeners) listener(...args);
      return listeners.length > 0;
    }
  }

  const strict = (name: string, members: object): object =>
    new Proxy(members, {
      get(target, key, receiver) {
        if (typeof key === 'symbol' || key in target) return Reflect.get(target, key, receiver) as unknown;
        throw new Error(
          `electron stand-in: ${name}.${key} is not available in a sandboxed preload, or not implemented`,
        );
      },
    });

  // Ports: the page or preload holds a real MessagePort; we hold its twin and pump it to the main process.
  const ports = new Map<string, MessagePort>();
  let lastPort = 0;
  const pump = (id: string, port: MessagePort): void => {
    ports.set(id, port);
    port.onmessage = (event) => post({ t: 'port', id, data: encode(event.data), ports: event.ports.map(give) });
    port.addEventListener('close', () => {
      if (ports.delete(id)) post({ t: 'port-close', id });
    });
  };
  const give = (port: MessagePort): string => {
    const id = `r${++lastPort}`;
    pump(id, port);
    return id;
  };
  const take = (id: string): MessagePort => {
    const channel = new MessageChannel();
    pump(id, channel.port2);
    return channel.port1;
  };

  const received = new Emitter();
  const ipcRenderer = strict('ipcRenderer', {
    on: (channel: string, listener: Listener) => received.on(channel, listener),
    once: (channel: string, listener: Listener) => received.once(channel, listener),
    off: (channel: string, listener: Listener) => received.off(channel, listener),
    send: (channel: string, ...args: unknown[]) => post({ t: 'send', channel, args }),
  });

  type Incoming =
    | { t: 'send'; channel: string; args: unknown[]; ports: string[] }
    | { t: 'port'; id: string; data: string; ports: string[] }
    | { t: 'port-close'; id: string };
  scope.__electronStandinReceive = (text) => {
    const message = decode(text) as Incoming;
    if (message.t === 'send') {
      received.emit(message.channel, { sender: ipcRenderer, ports: message.ports.map(take) }, ...message.args);
    } else if (message.t === 'port') {
      ports.get(message.id)?.postMessage(decode(message.data), message.ports.map(take));
    } else if (message.t === 'port-close') {
      ports.get(message.id)?.close();
      ports.delete(message.id);
    }
  };

  const electron = strict('electron', { ipcRenderer });
  const modules: Record<string, unknown> = {
    electron,
    'electron/renderer': electron,
    events: { EventEmitter: Emitter },
    timers: { setTimeout, clearTimeout, setInterval, clearInterval },
    url: { URL, URLSearchParams },
  };
  const requireModule = (id: string): unknown => {
    const found = modules[id.replace(/^node:/, '')];
    if (found === undefined) throw new Error(`module not found: ${id}`);
    return found;
  };
  const module = { exports: {} };
  try {
    runPreload(requireModule, strict('process', boot.process), module, module.exports);
  } catch (error) {
    post({ t: 'preload-error', path: boot.preloadPath, message: String((error as Error).stack ?? error) });
  }
}
