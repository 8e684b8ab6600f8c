/* What a hostile command would try, one attempt a word; prints what came of it. Run inside the sandbox by its tests. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

static void attempt(const char *name, long result) {
  printf("%s %s\n", name, result >= 0 ? "ALLOWED" : strerrorname_np(errno));
  fflush(stdout);
}

static void calls(void) {
  char bytes[256] = {0};
  attempt("ptrace-attach", syscall(SYS_ptrace, 16, 1, 0, 0));
  attempt("ptrace-traceme", syscall(SYS_ptrace, 0, 0, 0, 0));
  attempt("process-read", syscall(SYS_process_vm_readv, getpid(), bytes, 0, bytes, 0, 0));
  attempt("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  attempt("add-key", syscall(SYS_add_key, "user", "name", "x", 1, -3));
  attempt("bpf", syscall(SYS_bpf, 0, bytes, sizeof bytes));
  attempt("perf", syscall(SYS_perf_event_open, bytes, 0, -1, -1, 0));
  attempt("userfaultfd", syscall(SYS_userfaultfd, 1));
  attempt("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0));
  attempt("kexec", syscall(SYS_kexec_load, 0, 0, 0, 0));
  attempt("module", syscall(SYS_init_module, 0, 0, ""));
  attempt("setns", syscall(SYS_setns, 0, 0));
  attempt("handle", syscall(SYS_open_by_handle_at, -100, bytes, 0));
  attempt("io-uring", syscall(SYS_io_uring_setup, 1, bytes));
  attempt("unshare-user", syscall(SYS_unshare, 0x10000000));
  attempt("clone-user", syscall(SYS_clone, 0x10000000 | SIGCHLD, 0, 0, 0, 0));
  attempt("clone3", syscall(SYS_clone3, bytes, 0));
  attempt("vsock", socket(40, SOCK_STREAM, 0));
  attempt("typing", ioctl(0, 0x5412, "x"));
}

static void memory(void) {
  for (;;) {
    char *bytes = malloc(1 << 20);
    if (bytes == NULL) exit(3);
    memset(bytes, 1, 1 << 20);
  }
}

static void forks(void) {
  for (int made = 0;; made++) {
    pid_t child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    if (child < 0) {
      printf("%d\n", made);
      exit(3);
    }
  }
}

/* The same calls by the numbers of another interface: a filter that looks at numbers alone lets them through. */
static void foreign(const char *interface) {
  long result = -1;
#ifdef __x86_64__
  if (strcmp(interface, "x32") == 0) result = syscall(0x40000000 + 39);
  if (strcmp(interface, "x32-ptrace") == 0) result = syscall(0x40000000 + 521, 0, 0, 0, 0);
  if (strcmp(interface, "i386") == 0) __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
#endif
  printf("%s survived with %ld\n", interface, result);
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "";
  if (strcmp(what, "calls") == 0) calls();
  else if (strcmp(what, "memory") == 0) memory();
  else if (strcmp(what, "forks") == 0) forks();
  else foreign(what);
  return 0;
}
