// Which system calls a command in the sandbox does not get, and with which error each is refused.
// What builds, tests and language runtimes call must never stand here: a filter that breaks them gets switched off.

/** The machines whose call numbers are known here. */
export type SeccompArchitecture = "x64" | "arm64";

/** `ENOSYS` where programs have a way around an old kernel; `EPERM` where nothing legitimate is lost. */
export type SeccompError = "EPERM" | "ENOSYS" | "EAFNOSUPPORT";

/** Looks at the lower 32 bits of one argument: all that the kernel itself reads of those below. */
export type SeccompCondition =
  | { readonly kind: "any-bit"; readonly argument: number; readonly bits: number }
  | { readonly kind: "one-of" | "none-of"; readonly argument: number; readonly values: readonly number[] };

export interface SeccompRule {
  readonly call: string;
  /** The call's number on each machine that has it. */
  readonly numbers: { readonly x64?: number; readonly arm64?: number };
  readonly error: SeccompError;
  /** Refused only where this holds of the arguments. */
  readonly where?: SeccompCondition;
}

/** New namespaces: mounts, control groups, names, IPC, users, processes, network. */
const NAMESPACE_BITS = 0x7e020000;
/** Unix, IPv4, IPv6 and netlink: the private network has them; vsock, crypto and raw families reach past it. */
const SOCKET_FAMILIES = [1, 2, 10, 16];
/** TIOCSTI and TIOCLINUX type into a terminal. */
const TYPING_REQUESTS = [0x5412, 0x541c];
/** Plain Linux, and the question which one it is; others switch protections of the memory off. */
const PERSONALITIES = [0, 0xffffffff];

export const SECCOMP_RULES: readonly SeccompRule[] = [
  // Into other processes.
  refused("ptrace", 101, 117),
  refused("process_vm_readv", 310, 270),
  refused("process_vm_writev", 311, 271),
  refused("process_madvise", 440, 440),
  refused("pidfd_getfd", 438, 438),
  refused("kcmp", 312, 272),
  refused("migrate_pages", 256, 238),
  refused("move_pages", 279, 239),
  // Keyrings are not part of any namespace.
  refused("add_key", 248, 217),
  refused("request_key", 249, 218),
  refused("keyctl", 250, 219),
  // Large doors of the kernel, with a history of holes.
  refused("bpf", 321, 280),
  refused("perf_event_open", 298, 241),
  refused("userfaultfd", 323, 282),
  refused("lookup_dcookie", 212, 18),
  { ...refused("io_uring_setup", 425, 425), error: "ENOSYS" },
  { ...refused("io_uring_enter", 426, 426), error: "ENOSYS" },
  { ...refused("io_uring_register", 427, 427), error: "ENOSYS" },
  // File systems, and files past their paths.
  refused("mount", 165, 40),
  refused("umount2", 166, 39),
  refused("pivot_root", 155, 41),
  refused("chroot", 161, 51),
  refused("open_tree", 428, 428),
  refused("move_mount", 429, 429),
  refused("fsopen", 430, 430),
  refused("fsconfig", 431, 431),
  refused("fsmount", 432, 432),
  refused("fspick", 433, 433),
  refused("mount_setattr", 442, 442),
  refused("open_tree_attr", 467, 467),
  refused("name_to_handle_at", 303, 264),
  refused("open_by_handle_at", 304, 265),
  refused("fanotify_init", 300, 262),
  refused("quotactl", 179, 60),
  refused("quotactl_fd", 443, 443),
  // The running kernel and the machine's clock, log and devices.
  refused("kexec_load", 246, 104),
  refused("kexec_file_load", 320, 294),
  refused("init_module", 175, 105),
  refused("finit_module", 313, 273),
  refused("delete_module", 176, 106),
  refused("reboot", 169, 142),
  refused("swapon", 167, 224),
  refused("swapoff", 168, 225),
  refused("acct", 163, 89),
  refused("syslog", 103, 116),
  refused("vhangup", 153, 58),
  refused("settimeofday", 164, 170),
  refused("clock_settime", 227, 112),
  refused("nfsservctl", 180, 42),
  // Leftovers of old PCs.
  refused("iopl", 172),
  refused("ioperm", 173),
  refused("modify_ldt", 154),
  refused("uselib", 134),
  refused("ustat", 136),
  refused("sysfs", 139),
  refused("_sysctl", 156),
  refused("create_module", 174),
  refused("get_kernel_syms", 177),
  refused("query_module", 178),
  // Namespaces. The flags of clone3 are in memory, where no filter sees them; libraries then fall back to clone.
  refused("setns", 308, 268),
  { ...refused("unshare", 272, 97), where: { kind: "any-bit", argument: 0, bits: NAMESPACE_BITS | 0x80 } },
  { ...refused("clone", 56, 220), where: { kind: "any-bit", argument: 0, bits: NAMESPACE_BITS } },
  { ...refused("clone3", 435, 435), error: "ENOSYS" },
  // Allowed but for some arguments.
  { ...refused("personality", 135, 92), where: { kind: "none-of", argument: 0, values: PERSONALITIES } },
  { ...refused("ioctl", 16, 29), where: { kind: "one-of", argument: 1, values: TYPING_REQUESTS } },
  {
    ...refused("socket", 41, 198),
    error: "EAFNOSUPPORT",
    where: { kind: "none-of", argument: 0, values: SOCKET_FAMILIES },
  },
];

function refused(call: string, x64: number, arm64?: number): SeccompRule {
  return { call, numbers: { x64, ...(arm64 === undefined ? {} : { arm64 }) }, error: "EPERM" };
}
