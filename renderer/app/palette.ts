/** Colours of both themes, in one place: style sheet, charts, terminals and antd take them from here. */

export interface Palette {
  readonly canvas: string;
  readonly panel: string;
  readonly raised: string;
  readonly border: string;
  readonly grid: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly onAccent: string;
  /** Verdicts and margins; each is readable as text on `panel`. */
  readonly ok: string;
  readonly warn: string;
  readonly bad: string;
  readonly unknown: string;
  readonly okSoft: string;
  readonly warnSoft: string;
  readonly badSoft: string;
  readonly unknownSoft: string;
  /** White text on a solid alarm. */
  readonly alarm: string;
  readonly onAlarm: string;
  /** The two nodes, everywhere the same, never used for a verdict. */
  readonly nodeA: string;
  readonly nodeB: string;
  readonly terminal: string;
  readonly terminalText: string;
  /** Links in charts, in order. */
  readonly series: readonly string[];
}

export const LIGHT: Palette = {
  canvas: '#eceff3',
  panel: '#ffffff',
  raised: '#f5f7f9',
  border: '#cfd6de',
  grid: '#e6eaef',
  text: '#18202a',
  muted: '#55606e',
  accent: '#0b5cad',
  onAccent: '#ffffff',
  ok: '#0d7440',
  warn: '#8f5400',
  bad: '#b9202c',
  unknown: '#5f6975',
  okSoft: '#e2f3e9',
  warnSoft: '#fbefd9',
  badSoft: '#fbe4e6',
  unknownSoft: '#e9ecf0',
  alarm: '#b9202c',
  onAlarm: '#ffffff',
  nodeA: '#0b5cad',
  nodeB: '#7a3aa8',
  terminal: '#ffffff',
  terminalText: '#18202a',
  series: ['#0f6f7d', '#a2480c', '#5b4bb5', '#4d6b12', '#9c2a72'],
};

export const DARK: Palette = {
  canvas: '#0c0f13',
  panel: '#151a20',
  raised: '#1c222a',
  border: '#2f3843',
  grid: '#232a33',
  text: '#e2e7ed',
  muted: '#9aa5b2',
  accent: '#62aef5',
  onAccent: '#0b1016',
  ok: '#4cc38a',
  warn: '#e3a53c',
  bad: '#ff7b80',
  unknown: '#98a2ae',
  okSoft: '#16301f',
  warnSoft: '#362a12',
  badSoft: '#3d1c20',
  unknownSoft: '#242b34',
  alarm: '#c22b38',
  onAlarm: '#ffffff',
  nodeA: '#62aef5',
  nodeB: '#c79bf2',
  terminal: '#0f1317',
  terminalText: '#dfe5eb',
  series: ['#3fc1cf', '#f0955b', '#a69bf5', '#a8c95a', '#ee86c4'],
};

export type ThemeName = 'light' | 'dark';

export const paletteOf = (theme: ThemeName): Palette => (theme === 'dark' ? DARK : LIGHT);

/** Palette entries as CSS custom properties, `--tb-…`. */
export function cssVariables(palette: Palette): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(palette)) {
    if (typeof value === 'string') out[`--tb-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`] = value;
  }
  return out;
}

const channel = (byte: number): number => {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};

function luminance(hex: string): number {
  const n = Number.parseInt(hex.slice(1), 16);
  return 0.2126 * channel(n >> 16) + 0.7152 * channel((n >> 8) & 255) + 0.0722 * channel(n & 255);
}

/** WCAG contrast ratio of two `#rrggbb` colours, 1..21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
