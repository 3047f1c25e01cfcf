/** Two-way message transport: a message port, a WebSocket, a pair of standard streams. Messages are structured data. */
export interface Channel {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}
