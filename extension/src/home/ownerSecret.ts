// The owner's secret of this workspace's Home: kept in the editor's secret storage, asked for where it is not there.
// It must never be logged, shown or handed to anything but the Home.

export interface OwnerSecret {
  /** The secret; asks the person where none is kept. Throws ArwError `owner-secret-missing` where they give none. */
  get(): Promise<string>;
  /** Keeps it. Where the machine has no keyring, for this session only, and says so. */
  keep(secret: string): Promise<void>;
  /** Forgets one that the Home refused. */
  forget(): Promise<void>;
}
