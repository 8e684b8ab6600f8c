// Ends a background Home that nobody uses: no client, and nothing that runs, for a while.
// It never ends a Home that a person started in the foreground.

export interface IdleWatchOptions {
  readonly idleMs: number;
  readonly enabled: boolean;
  readonly busy: () => boolean;
}

export interface IdleWatch {
  readonly ended: AbortSignal;
  clients(count: number): void;
  dispose(): void;
}

export function openIdleWatch({ idleMs, enabled, busy }: IdleWatchOptions): IdleWatch {
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let connected = 0;
  let disposed = false;
  const begin = (): void => {
    clearTimeout(timer);
    if (!enabled || disposed || connected > 0) return;
    timer = setTimeout(() => {
      if (busy()) begin();
      else ended.abort();
    }, idleMs);
  };
  begin();
  return {
    ended: ended.signal,
    clients: (count) => {
      connected = count;
      begin();
    },
    dispose: () => {
      // A client's end that is told late must not start the clock again and keep the process.
      disposed = true;
      clearTimeout(timer);
    },
  };
}
