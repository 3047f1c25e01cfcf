/** ipcMain: messages from preload scripts. */
import { EventEmitter } from 'node:events';
import type { IpcMain as RealIpcMain } from 'electron';
import type { MembersOf } from './strict.ts';

export type InvokeHandler = (event: object, ...args: unknown[]) => unknown;

export class IpcMain extends EventEmitter implements MembersOf<RealIpcMain> {
  readonly _handlers = new Map<string, InvokeHandler>();

  handle(channel: string, handler: InvokeHandler): void {
    if (this._handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this._handlers.set(channel, handler);
  }

  removeHandler(channel: string): void {
    this._handlers.delete(channel);
  }
}
