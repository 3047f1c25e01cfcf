/** The one line of this page to the core, and its phase. */
import { create } from 'zustand';
import { openWebSocketChannel, PortSource } from '../rpc/channels.ts';
import { ConsoleLink, type LinkPhase } from '../rpc/link.ts';

export const useLinkPhase = create<{ phase: LinkPhase }>(() => ({ phase: 'connecting' }));

function opener(): ConstructorParameters<typeof ConsoleLink>[0] {
  // The desktop host says so in the address it opens (electron/desktop/security.ts, APP_URL).
  if (new URLSearchParams(window.location.search).get('host') !== 'desktop')
    return () => openWebSocketChannel(window.location);
  const ports = new PortSource(window);
  return () => ports.open();
}

export const link = new ConsoleLink(opener(), (phase) => useLinkPhase.setState({ phase }));
