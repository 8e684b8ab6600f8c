// The limits and names that both ends of a mutual-TLS channel share. Each limit has a test at its edge.
// It decides numbers only; who enforces one says so beside it.

/** RFC 5705 label and context of the exporter that every proof of ours is bound to. */
export const EXPORTER_LABEL = "EXPERIMENTAL-arw-v1";
export const EXPORTER_CONTEXT = "arw";
export const EXPORTER_BYTES = 32;

export const ENROL_PATH = "/v1/enrol";
export const LINK_PATH = "/v1/link";

/** A whole frame of an enrolment; a request is about two kilobytes. */
export const ENROL_FRAME_BYTES_MAX: number = 32 * 1024;
/** A message may come in this many WebSocket fragments; ours come in one. */
export const FRAME_FRAGMENTS_MAX = 64;
/** Chunks that `ws` may hold for one frame. A chunk is at least a TCP segment in practice, so a full frame fits. */
export const FRAME_CHUNKS_MAX: number = 16 * 1024;

/** Above this much unsent, `send` waits until its frame is written out. */
export const LINK_HIGH_WATER_BYTES: number = 1024 * 1024;
/** Above this much unsent, the sender does not wait for `send`, or the peer does not read: the link is cut. */
export const LINK_BUFFERED_BYTES_MAX: number = 16 * 1024 * 1024;
/** Frames of one link that are handled in one second; what a busy worker sends is a small part of it. Above it the link is read slower. */
export const LINK_FRAMES_PER_SECOND_MAX = 20_000;
/** How long a closed link waits for the peer's goodbye before it is cut. */
export const CLOSE_GRACE_MS = 500;
/** The reason of a WebSocket close frame holds this much. Source: RFC 6455 §5.5. */
export const CLOSE_REASON_BYTES_MAX = 123;
