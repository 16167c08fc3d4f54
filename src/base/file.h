/* Files: bounded reading, and writing that is there completely or not at all. */
#pragma once
#include "base/error.h"

/* A regular file, or what is piped to us, of at most `max` bytes; NUL-terminated behind its end. */
bool file_read(struct arena *a, const char *path, size_t max, struct slice *content, struct error *e);
/* O_EXCL, `mode` from the first byte, fsync of file and folder. */
bool file_write_new(const char *path, int mode, struct slice content, struct error *e);
/* A temporary beside it, fsync, rename, fsync of the folder. */
bool file_replace(const char *path, int mode, struct slice content, struct error *e);
/* All of it, restarted after signals; false with errno set. */
bool write_all(int fd, const void *p, size_t len);
bool fsync_folder_of(const char *path, struct error *e);

/* A descriptor that is closed with the block. */
void close_auto(int *fd);
#define AUTO_FD __attribute__((cleanup(close_auto))) int
