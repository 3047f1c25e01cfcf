/** Recorded terminals at the cursor: what a person would have seen, letter by letter. */
import { Terminal } from '@xterm/xterm';
import { Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { lastAt } from '../../../electron/common/recording/stateAt.ts';
import type { RecordedTerminal } from '../../../electron/common/recording/read.ts';
import { MONO_FAMILY } from '../../app/fonts.ts';
import { paletteOf } from '../../app/palette.ts';
import { useReplay } from '../../stores/replay.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { terminalTheme } from '../terminals/screen.ts';

/** A jump shows the screen as it was from this many characters before: more than any screen holds, and quick. */
const LEAD_CHARS = 200_000;

/** First piece that must be written to have the screen of piece `upTo`. */
function leadFrom(casts: RecordedTerminal['casts'], upTo: number): number {
  let chars = 0;
  for (let i = upTo; i >= 0; i -= 1) {
    chars += casts[i]?.[2].length ?? 0;
    if (chars > LEAD_CHARS) return i;
  }
  return 0;
}

/** Brings a screen from one piece to another, back by beginning anew. */
class Tape {
  readonly terminal: Terminal;
  private readonly recorded: RecordedTerminal;
  private shown = -1;

  constructor(host: HTMLElement, recorded: RecordedTerminal) {
    const { width, height } = recorded.head.cast;
    this.recorded = recorded;
    this.terminal = new Terminal({
      cols: width,
      rows: height,
      fontFamily: MONO_FAMILY,
      fontSize: 11,
      disableStdin: true,
      cursorBlink: false,
      theme: terminalTheme(paletteOf(themeOf(useSettings.getState()))),
    });
    this.terminal.open(host);
  }

  show(cursorMs: number): void {
    const { casts, head } = this.recorded;
    const upTo = lastAt(casts, (cursorMs - head.tMs) / 1000, ([s]) => s);
    if (upTo === this.shown) return;
    let from = this.shown + 1;
    if (upTo < this.shown || leadFrom(casts, upTo) > from) {
      this.terminal.reset();
      this.terminal.resize(head.cast.width, head.cast.height);
      from = leadFrom(casts, upTo);
    }
    for (const [, code, data] of casts.slice(from, upTo + 1)) {
      const [cols, rows] = code === 'r' ? data.split('x').map(Number) : [];
      if (code === 'o') this.terminal.write(data);
      else if (cols !== undefined && rows !== undefined && cols > 1 && rows > 0) this.terminal.resize(cols, rows);
    }
    this.shown = upTo;
  }
}

function Screen({ recorded }: { readonly recorded: RecordedTerminal }): React.JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const theme = useSettings(themeOf);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const tape = new Tape(element, recorded);
    tape.show(useReplay.getState().cursorMs);
    const stop = useReplay.subscribe((state) => tape.show(state.cursorMs));
    return () => {
      stop();
      tape.terminal.dispose();
    };
  }, [recorded, theme]);
  return <div className="tb-replay-screen" ref={host} />;
}

export function ReplayTerminals({ terminals }: { readonly terminals: readonly RecordedTerminal[] }): React.JSX.Element {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<number | null>(null);
  const recorded = terminals.find(({ head }) => head.number === chosen) ?? terminals[0];
  if (recorded === undefined) return <p className="tb-muted tb-replay-none">{t('replay.noTerminals')}</p>;
  const kinds = {
    shell: t('terminal.kind.shell'),
    'watch-addresses': t('terminal.kind.watch-addresses'),
    'follow-log': t('terminal.kind.follow-log'),
  };
  const options = terminals.map(({ head }) => ({
    value: head.number,
    label: `${head.number} · ${head.node} · ${kinds[head.terminal as keyof typeof kinds] ?? head.terminal}`,
  }));
  return (
    <>
      <div className="tb-tools">
        <Select
          size="small"
          aria-label={t('replay.terminal')}
          style={{ minWidth: 220 }}
          value={recorded.head.number}
          options={options}
          onChange={setChosen}
        />
        {recorded.head.lostBeforeMs !== null && <span className="tb-muted">{t('replay.tapeCut')}</span>}
      </div>
      <Screen key={recorded.head.number} recorded={recorded} />
    </>
  );
}
