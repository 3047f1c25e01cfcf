/** The two ways a page reaches the core: a WebSocket to its own origin, or a message port from the desktop's preload. */
import type { Channel } from '../../agent/common/rpc/channel.ts';

/** What the preload sends together with the port; the page announces itself with the second word. */
export const PORT_MESSAGE = 'twinbeat-port';
export const PAGE_READY_MESSAGE = 'twinbeat-page-ready';

class Listeners<T> {
  private readonly all: ((value: T) => void)[] = [];
  add(listener: (value: T) => void): void {
    this.all.push(listener);
  }
  fire(value: T): void {
    for (const listener of this.all) listener(value);
  }
}

/** Opens `/rpc` of the page's own origin; the browser host knows us by the cookie it gave. Rejects when refused. */
export function openWebSocketChannel(page: Location): Promise<Channel> {
  const scheme = page.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(`${scheme}//${page.host}/rpc`);
  const messages = new Listeners<unknown>();
  const closes = new Listeners<void>();
  socket.addEventListener('message', (event) => messages.fire(JSON.parse(String(event.data)) as unknown));
  socket.addEventListener('close', () => closes.fire());
  const channel: Channel = {
    post: (message) => {
      // A message that misses a closing socket is lost; the close ends every call anyway.
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    onMessage: (listener) => messages.add(listener),
    onClose: (listener) => closes.add(() => listener()),
    close: () => socket.close(),
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(channel), { once: true });
    socket.addEventListener('close', (event) => reject(new Error(event.reason || 'closed')), { once: true });
  });
}

function portChannel(port: MessagePort): Channel {
  const messages = new Listeners<unknown>();
  const closes = new Listeners<void>();
  port.addEventListener('message', (event: MessageEvent<unknown>) => messages.fire(event.data));
  port.addEventListener('close', () => closes.fire());
  port.start();
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => messages.add(listener),
    onClose: (listener) => closes.add(() => listener()),
    close: () => {
      port.close();
      closes.fire();
    },
  };
}

/** Hands out ports in the order they arrive: the first at start, another whenever the core was restarted. */
export class PortSource {
  private readonly ports: MessagePort[] = [];
  private readonly waiting: ((port: MessagePort) => void)[] = [];

  /** Listens at once, so that it must be made before the first await of the page. */
  constructor(page: Window) {
    page.addEventListener('message', (event: MessageEvent<unknown>) => {
      const port = event.ports[0];
      if (event.source !== page || event.data !== PORT_MESSAGE || port === undefined) return;
      const next = this.waiting.shift();
      if (next === undefined) this.ports.push(port);
      else next(port);
    });
    page.postMessage(PAGE_READY_MESSAGE, '*');
  }

  async open(): Promise<Channel> {
    const port = this.ports.shift() ?? (await new Promise<MessagePort>((resolve) => this.waiting.push(resolve)));
    return portChannel(port);
  }
}
