/**
 * Generation and uuid: what lets a peer tell this life of this node from every other (reference, sections 4.8, 4.9).
 * Both in heartbeat's own file formats, so that a node can change from one daemon to the other.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readOrNull, writeDurably } from './durable.ts';

export interface Identity {
  readonly generation: number;
  readonly uuid: Uint8Array;
  /** Present when something could not be kept on disk; the pair works, the next start is less certain. */
  readonly problem: { readonly code: 'disk-full' | 'state-not-writable'; readonly detail: string } | null;
}

export interface IdentityPlaces {
  readonly stateDir: string;
  /** Second place, on a file system of its own (tmpfs): used when the first is full. */
  readonly runDir: string;
  /** `time`: take the wall clock at each start and keep no file. */
  readonly method: 'file' | 'time';
  /** Unix epoch seconds. */
  readonly wallSeconds: number;
}

const UUID_BYTES = 16;
const GENERATION_FILE = 'hb_generation';
const UUID_FILE = 'hb_uuid';
/** Decimal, right-aligned in 15 columns, and a line feed. */
const GENERATION_COLUMNS = 15;

/** A stored generation, or null when the file is missing or damaged. */
function readGeneration(dir: string): number | null {
  const text = readOrNull(join(dir, GENERATION_FILE))?.toString('latin1').trim();
  if (text === undefined || !/^\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 && value <= 0xffff_ffff ? value : null;
}

function nextGeneration(places: IdentityPlaces): number {
  const stored = [readGeneration(places.stateDir), readGeneration(places.runDir)].filter((g) => g !== null);
  if (places.method === 'time') return Math.max(places.wallSeconds, ...stored.map((g) => g + 1));
  // Without a file the wall clock is the only number that a peer has surely not seen.
  if (stored.length === 0) return places.wallSeconds + 1;
  return Math.max(...stored) + 1;
}

/**
 * Takes the next generation and makes it durable before it is used: with a number that it has seen before, a
 * peer takes this node for the healed half of a split pair and restarts. When the disk refuses, the number is
 * raised to the wall clock, which grows faster than any counter of starts, and is kept on the second place.
 */
export function takeIdentity(places: IdentityPlaces): Identity {
  let generation = nextGeneration(places);
  const text = (generation: number): Buffer =>
    Buffer.from(`${String(generation).padStart(GENERATION_COLUMNS)}\n`, 'latin1');
  let problem: Identity['problem'] = null;
  const kept = writeDurably(join(places.stateDir, GENERATION_FILE), text(generation));
  if (!kept.ok) {
    generation = Math.max(generation, places.wallSeconds);
    problem = { code: kept.reason === 'disk-full' ? 'disk-full' : 'state-not-writable', detail: kept.detail };
  }
  // Kept even when the first place works: it counts if the first one fails at the next start.
  writeDurably(join(places.runDir, GENERATION_FILE), text(generation));
  const uuid = takeUuid(places);
  return { generation, uuid: uuid.bytes, problem: problem ?? uuid.problem };
}

function takeUuid(places: IdentityPlaces): { bytes: Uint8Array; problem: Identity['problem'] } {
  for (const dir of [places.stateDir, places.runDir]) {
    const stored = readOrNull(join(dir, UUID_FILE));
    if (stored !== null && stored.length === UUID_BYTES) return { bytes: Uint8Array.from(stored), problem: null };
  }
  const bytes = Uint8Array.from(randomBytes(UUID_BYTES));
  const kept = writeDurably(join(places.stateDir, UUID_FILE), bytes);
  if (kept.ok) return { bytes, problem: null };
  writeDurably(join(places.runDir, UUID_FILE), bytes);
  return {
    bytes,
    problem: { code: kept.reason === 'disk-full' ? 'disk-full' : 'state-not-writable', detail: kept.detail },
  };
}
