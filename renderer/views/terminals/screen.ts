/** xterm with its addons, and the line to the core: opens, writes, resizes, ends, opens again. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { type ITheme, Terminal } from '@xterm/xterm';
import { MONO_FAMILY } from '../../app/fonts.ts';
import type { Palette } from '../../app/palette.ts';
import type { Statement } from '../../lib/said.ts';
import { errorText } from '../../rpc/link.ts';
import { link } from '../../stores/link.ts';
import { copyText } from '../../ui/copyText.ts';
import type { TerminalKind } from './kinds.ts';
import { needsGuard } from './paste.ts';

const SCROLLBACK_LINES = 10_000;
/** Contrast that xterm enforces on whatever colours a program chooses. */
const CONTRAST_MIN = 4.5;

export type ScreenPhase = { readonly phase: 'closed' | 'opening' | 'open' } | ({ readonly phase: 'ended' } & Statement);

export interface ScreenEvents {
  readonly onPhase: (phase: ScreenPhase) => void;
  /** Asks the person; resolves to whether to paste. */
  readonly confirmPaste: (text: string) => Promise<boolean>;
  readonly onSearchKey: () => void;
}

export function terminalTheme(palette: Palette): ITheme {
  return {
    background: palette.terminal,
    foreground: palette.terminalText,
    cursor: palette.accent,
    cursorAccent: palette.terminal,
    selectionBackground: `${palette.accent}55`,
    red: palette.bad,
    green: palette.ok,
    yellow: palette.warn,
    blue: palette.nodeA,
    magenta: palette.nodeB,
    cyan: palette.series[0] ?? palette.accent,
    brightRed: palette.bad,
    brightGreen: palette.ok,
    brightYellow: palette.warn,
    brightBlue: palette.nodeA,
    brightMagenta: palette.nodeB,
  };
}

export class Screen {
  readonly terminal: Terminal;
  readonly search = new SearchAddon();
  private readonly fitAddon = new FitAddon();
  private readonly host: HTMLElement;
  private readonly events: ScreenEvents;
  private terminalId: string | null = null;
  private stop: AbortController | null = null;
  private isDisposed = false;

  constructor(host: HTMLElement, palette: Palette, events: ScreenEvents) {
    this.host = host;
    this.events = events;
    this.terminal = new Terminal({
      allowProposedApi: true,
      fontFamily: MONO_FAMILY,
      fontSize: 12,
      scrollback: SCROLLBACK_LINES,
      minimumContrastRatio: CONTRAST_MIN,
      cursorBlink: false,
      theme: terminalTheme(palette),
    });
    this.terminal.loadAddon(this.fitAddon);
    this.terminal.loadAddon(this.search);
    this.terminal.loadAddon(new WebLinksAddon((_event, uri) => void window.open(uri, '_blank', 'noopener')));
    this.terminal.loadAddon(new UnicodeGraphemesAddon());
    this.terminal.open(host);
    this.terminal.attachCustomKeyEventHandler((event) => this.onKey(event));
    // Capturing, so that a text of several lines does not reach xterm before it was asked about.
    host.addEventListener('paste', this.onPaste, true);
    this.terminal.onData((data) => this.send(data));
    this.terminal.onResize(({ cols, rows }) => {
      const { terminalId } = this;
      if (terminalId !== null) this.ask(() => link.client.terminalResize({ terminalId, cols, rows }));
    });
  }

  /** Takes the size of its host, if that can be seen. */
  fit(): void {
    if (this.host.offsetParent !== null && this.host.clientWidth > 20 && this.host.clientHeight > 20)
      this.fitAddon.fit();
  }

  setPalette(palette: Palette): void {
    this.terminal.options.theme = terminalTheme(palette);
  }

  get isOpen(): boolean {
    return this.stop !== null;
  }

  /** Opens a terminal on the node and follows it until it ends. Does nothing while one is open. */
  async open(pairId: string, node: string, kind: TerminalKind): Promise<void> {
    if (this.stop !== null || this.isDisposed) return;
    const stop = new AbortController();
    this.stop = stop;
    this.events.onPhase({ phase: 'opening' });
    let end: Statement = { detail: '' };
    try {
      const { cols, rows } = this.terminal;
      const { terminalId } = await link.client.terminalOpen({ pairId, node, kind, cols, rows }, stop.signal);
      this.terminalId = terminalId;
      this.events.onPhase({ phase: 'open' });
      for await (const item of link.client.terminalOutput({ terminalId }, stop.signal)) {
        if (item.kind === 'data') this.terminal.write(item.data);
        else end = { detail: item.detail, said: item.said };
      }
    } catch (error) {
      end = { detail: errorText(error) };
    }
    this.terminalId = null;
    this.stop = null;
    if (!this.isDisposed) this.events.onPhase({ phase: 'ended', ...end });
  }

  /** Ends what runs on the node; the text stays. */
  close(): void {
    const { terminalId } = this;
    if (terminalId !== null) this.ask(() => link.client.terminalClose({ terminalId }));
    this.stop?.abort();
  }

  /** Ends what runs and empties the screen, its scrollback too. */
  forget(): void {
    if (this.isDisposed) return;
    this.close();
    this.terminal.reset();
  }

  dispose(): void {
    this.isDisposed = true;
    this.host.removeEventListener('paste', this.onPaste, true);
    this.close();
    this.terminal.dispose();
  }

  private send(data: string): void {
    const { terminalId } = this;
    if (terminalId !== null) this.ask(() => link.client.terminalInput({ terminalId, data }));
  }

  /** A request whose failure says no more than that the terminal has ended, which its output stream tells anyway. */
  private ask(request: () => Promise<unknown>): void {
    void (async () => request())().catch(() => undefined);
  }

  private onKey(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true;
    const key = event.key.toLowerCase();
    if (key === 'c') {
      event.preventDefault();
      if (this.terminal.hasSelection()) copyText(this.terminal.getSelection());
      return false;
    }
    if (key === 'f') {
      event.preventDefault();
      this.events.onSearchKey();
      return false;
    }
    // The browser's own paste follows and comes by onPaste.
    return key !== 'v';
  }

  private readonly onPaste = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!needsGuard(text)) return;
    event.preventDefault();
    event.stopPropagation();
    void this.events.confirmPaste(text).then((yes) => {
      if (yes) this.terminal.paste(text);
      this.terminal.focus();
    });
  };
}
