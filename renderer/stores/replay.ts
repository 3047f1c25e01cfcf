/** A recording in view: loaded from the core or from a file, and the one cursor that everything of it follows. */
import { create } from 'zustand';
import type { SessionInfo } from '../../electron/common/contract/report.ts';
import { RecordingReader } from '../../electron/common/recording/read.ts';
import { RecordedPair } from '../../electron/common/recording/stateAt.ts';
import { DamagedError, gunzip } from '../lib/gunzip.ts';
import type { Statement } from '../lib/said.ts';
import { SessionData } from '../lib/sessionData.ts';
import { errorText } from '../rpc/link.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';

/** Samples and probes of one node that the page asks for: hours of them would only be thinned when they are drawn. */
const POINTS_MAX = 20_000;

export const SPEEDS = [0.5, 1, 2, 5, 10, 50] as const;

/** The cursor moves in steps of this while it plays, milliseconds: as often as anything is drawn. */
const STEP_MS = 100;

export interface Loaded {
  readonly pair: RecordedPair;
  readonly data: SessionData;
}

interface ReplayState {
  readonly sessions: readonly SessionInfo[];
  readonly loaded: Loaded | null;
  /** Id of the stored session, or name of the file, that is shown or being loaded. */
  readonly source: string | null;
  readonly isLoading: boolean;
  /** Why nothing is shown; null: nothing went wrong. */
  readonly error: Statement | null;
  /** On the axis of the recorded session. */
  readonly cursorMs: number;
  readonly isPlaying: boolean;
  readonly speed: number;
}

const EMPTY = { loaded: null, source: null, isLoading: false, error: null, cursorMs: 0, isPlaying: false };

export const useReplay = create<ReplayState>(() => ({ ...EMPTY, sessions: [], speed: 1 }));

let turn = 0;
let timer: ReturnType<typeof setInterval> | undefined;

const clamp = ({ recording }: RecordedPair, tMs: number): number =>
  Math.min(recording.toMs, Math.max(recording.fromMs, tMs));

/** Moves the cursor to a time of the recording, or to the nearest it has. */
export function seek(tMs: number): void {
  const { loaded } = useReplay.getState();
  if (loaded !== null) useReplay.setState({ cursorMs: clamp(loaded.pair, tMs) });
}

export function pause(): void {
  clearInterval(timer);
  useReplay.setState({ isPlaying: false });
}

/** Plays on; from the beginning when the end was reached. */
export function play(): void {
  const { loaded, cursorMs } = useReplay.getState();
  if (loaded === null) return;
  clearInterval(timer);
  if (cursorMs >= loaded.pair.recording.toMs) seek(loaded.pair.recording.fromMs);
  useReplay.setState({ isPlaying: true });
  let beforeMs = performance.now();
  timer = setInterval(() => {
    const nowMs = performance.now();
    const state = useReplay.getState();
    seek(state.cursorMs + (nowMs - beforeMs) * state.speed);
    beforeMs = nowMs;
    if (useReplay.getState().cursorMs >= loaded.pair.recording.toMs) pause();
  }, STEP_MS);
}

export function setSpeed(speed: number): void {
  useReplay.setState({ speed });
}

export async function refreshSessions(): Promise<void> {
  const sessions = await attempt(() => link.client.sessionList({}));
  if (sessions !== undefined) useReplay.setState({ sessions });
}

/** A recording that cannot be shown, with the reason in words of any language. */
class Unreadable extends Error {
  override name = 'Unreadable';
  readonly why: Statement;

  constructor(why: Statement) {
    super(why.detail);
    this.why = why;
  }
}

/** Feeds compressed bytes to a reader, as they come. */
async function readBytes(bytes: AsyncIterable<Uint8Array>): Promise<Loaded> {
  const reader = new RecordingReader();
  const decoder = new TextDecoder();
  try {
    await gunzip(bytes, (piece) => reader.push(decoder.decode(piece, { stream: true })));
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    reader.damaged();
  }
  const read = reader.finish();
  if (!read.ok) throw new Unreadable(read);
  const data = new SessionData(Math.max(1000, 2 * read.value.batch.samples.length));
  data.append(read.value.batch);
  return { pair: new RecordedPair(read.value), data };
}

async function load(source: string, bytes: () => AsyncIterable<Uint8Array>): Promise<void> {
  pause();
  const mine = ++turn;
  useReplay.setState({ ...EMPTY, source, isLoading: true });
  try {
    const loaded = await readBytes(bytes());
    if (mine === turn) useReplay.setState({ loaded, isLoading: false, cursorMs: loaded.pair.recording.fromMs });
  } catch (error) {
    const why = error instanceof Unreadable ? error.why : { detail: errorText(error) };
    if (mine === turn) useReplay.setState({ isLoading: false, error: why });
  }
}

/** Base64 pieces of the core as bytes. */
async function* bytesOf(pieces: AsyncIterable<{ readonly data: string }>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { data } of pieces) yield Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
}

async function* fileBytes(file: File): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** A session of the core's store. */
export function loadSession(sessionId: string): Promise<void> {
  return load(sessionId, () => bytesOf(link.client.sessionRecording({ sessionId, pointsMax: POINTS_MAX })));
}

/** A recording that somebody sent. */
export function loadFile(file: File): Promise<void> {
  return load(file.name, () => fileBytes(file));
}
