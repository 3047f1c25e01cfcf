/** ipcMain: messages from preload scripts. Only one way; what needs an answer goes over a port. */
import { EventEmitter } from 'node:events';
import type { IpcMain as RealIpcMain } from 'electron';
import type { MembersOf } from './strict.ts';

export class IpcMain extends EventEmitter implements MembersOf<RealIpcMain> {}
