/** Short messages to the person, shown by whoever is mounted for it (app/Notices.tsx). */
import { create } from 'zustand';
import { errorText } from '../rpc/link.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'success' | 'error' | 'info';
  readonly text: string;
}

export const useNotices = create<{ latest: Notice | null }>(() => ({ latest: null }));

let lastId = 0;

export function notify(kind: Notice['kind'], text: string): void {
  useNotices.setState({ latest: { id: ++lastId, kind, text } });
}

/** Runs a request; what goes wrong is told to the person. Resolves to undefined then. */
export async function attempt<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    notify('error', errorText(error));
    return undefined;
  }
}
