// Brings durable timeline entries to one client that follows, page by page, at the client's own pace.
// It keeps a cursor and one page, never a buffer: a slow client is resynchronised from the last sequence it was sent.
import { ArwError, type Refusal } from "#protocol/errors.ts";
import type { ParamsOf } from "#protocol/wire/client.ts";
import type { TimelinePage } from "#protocol/wire/clientViews.ts";

export interface TimelineSource {
  readPage(params: ParamsOf<"readTimeline">): Promise<TimelinePage | Refusal>;
  onDurable(listener: () => void): Disposable;
}

/** Pumps until the signal aborts. `send` resolves when the client's socket has taken the page. Rejects where the timeline cannot be read. */
export async function pumpTimeline(
  source: TimelineSource,
  params: ParamsOf<"followTimeline">,
  send: (page: TimelinePage) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const bell = new Bell();
  const listening = source.onDurable(() => bell.ring());
  const silence = (): void => bell.ring();
  signal.addEventListener("abort", silence);
  try {
    let fromSequence = params.fromSequence;
    while (!signal.aborted) {
      // Answered before reading: what becomes durable during the read rings again.
      bell.answer();
      const page = await source.readPage({ ...params, fromSequence });
      if ("kind" in page) throw new ArwError(page.code, page.message, page.advice);
      fromSequence = page.nextSequence;
      if (signal.aborted) return;
      if (page.entries.length > 0) await send(page);
      if (!page.more) await bell.rung();
    }
  } finally {
    listening[Symbol.dispose]();
    signal.removeEventListener("abort", silence);
  }
}

/** Remembers that it rang until it is answered, so that no ring is lost between a read and a wait. */
class Bell {
  #rung = false;
  #waiter: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiter?.();
    this.#waiter = undefined;
  }

  answer(): void {
    this.#rung = false;
  }

  rung(): Promise<void> {
    if (this.#rung) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }
}
