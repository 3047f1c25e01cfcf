/** Where the window was, so that it comes back there; only where a screen still is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const WindowStateSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(400),
  height: z.number().int().min(300),
  isMaximized: z.boolean(),
});
export type WindowState = z.infer<typeof WindowStateSchema>;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The size of a first start. */
export const DEFAULT_SIZE = { width: 1440, height: 900 } as const;

/** So much of the title bar must be on a screen that a person can take hold of it, in pixels. */
const GRIP_WIDTH = 100;
const GRIP_HEIGHT = 20;

/** The stored state, or null when there is none or it makes no sense. */
export function readWindowState(file: string): WindowState | null {
  try {
    return WindowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Losing it costs a person one drag of a window: failing to write is not worth a word. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, `${JSON.stringify(state)}\n`);
  } catch {
    return;
  }
}

/** Options for the new window: the stored place if its title bar is still on a screen, else the system's choice. */
export function placeWindow(stored: WindowState | null, screens: readonly Area[]): Partial<Area> {
  if (stored === null) return DEFAULT_SIZE;
  const { x, y, width, height } = stored;
  const isReachable = screens.some(
    (screen) =>
      Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x) >= GRIP_WIDTH &&
      y >= screen.y &&
      y + GRIP_HEIGHT <= screen.y + screen.height,
  );
  return isReachable ? { x, y, width, height } : { width, height };
}
