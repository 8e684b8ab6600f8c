/* Preloaded into a Home: makes writes and syncs of files below FAULT_PATH fail while the file FAULT_CONTROL exists.
 * The control file holds two words: what fails ("write" or "fsync") and how ("eio", "enospc", "short", "slow").
 * It decides nothing else; every other call, and every other file, goes to the kernel as it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *fault_for(const char *operation, int fd) {
  static __thread char words[64];
  char link[64], path[4096];
  const char *below = getenv("FAULT_PATH"), *control = getenv("FAULT_CONTROL");
  if (!below || !control) return NULL;
  int from = open(control, O_RDONLY | O_CLOEXEC);
  if (from < 0) return NULL;
  ssize_t (*real_read)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
  ssize_t length = real_read(from, words, sizeof words - 1);
  close(from);
  if (length <= 0) return NULL;
  words[length] = 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t named = readlink(link, path, sizeof path - 1);
  if (named < 0) return NULL;
  path[named] = 0;
  char *how = strchr(words, ' ');
  if (!strstr(path, below) || !how) return NULL;
  *how++ = 0;
  return strcmp(words, operation) == 0 ? how : NULL;
}

static int failed_sync(int fd) {
  const char *how = fault_for("fsync", fd);
  if (!how) return 0;
  if (!strcmp(how, "slow")) return usleep(700000), 0;
  errno = !strcmp(how, "enospc") ? ENOSPC : EIO;
  return -1;
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  return failed_sync(fd) ? -1 : real(fd);
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  return failed_sync(fd) ? -1 : real(fd);
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t at) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
  const char *how = fault_for("write", fd);
  if (!how) return real(fd, bytes, length, at);
  if (!strcmp(how, "short")) return real(fd, bytes, length > 1 ? length / 2 : length, at);
  /* A part of it reaches the disk before it fails, as with a disk that fills up. */
  if (length > 1) real(fd, bytes, length / 3, at);
  errno = !strcmp(how, "enospc") ? ENOSPC : EIO;
  return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }

static ssize_t write_all_at(int fd, const struct iovec *pieces, int count, off_t at) {
  ssize_t (*real)(int, const struct iovec *, int, off_t) = dlsym(RTLD_NEXT, "pwritev64");
  if (!fault_for("write", fd) || count == 0) return real(fd, pieces, count, at);
  return write_at(fd, pieces[0].iov_base, pieces[0].iov_len, at);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off_t at) { return write_all_at(fd, pieces, count, at); }
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) { return write_all_at(fd, pieces, count, at); }
