/*
 * File sets: the files of one target (certificate, chain, key), replaced together and brought back together.
 * Each call may be repeated after a kill -9 at any instruction, and leaves either the old or the new set live
 * when it has returned. Beside a file NAME a set of target T keeps, in the same folder:
 *
 *     .NAME.T.new      the new content on its way
 *     .NAME.T.old      the last verified file, a hard link until NAME is replaced
 *     .NAME.T.absent   there was no such file
 *     .NAME.T.keep     fileset_keep has decided, and is removing the others
 *
 * A folder may be reached through symbolic links, but must then really lie in an allowed one. NAME itself is
 * never followed: a symbolic link is replaced by the file, and comes back as the link it was.
 */
#pragma once
#include "base/error.h"

enum { FILESET_FILES_MAX = 8 };

struct fileset_file {
    const char *path; /* absolute, without empty, "." and ".." parts; its name does not begin with a dot */
    const char
        *owner; /* "user", "user:group" or ":group", names or numbers; NULL: whom the process runs as */
    int mode;   /* 0600 to 0664; until owner and content are complete the file is 0600 */
    struct slice content;
};

struct fileset {
    const char *target; /* an id: letters, digits, '_' and '-' */
    const struct fileset_file *files;
    size_t count;
};

/*
 * `folders`: the allowed ones and what is below them, ending with NULL. Errors: ERR_PATH_NOT_ALLOWED,
 * ERR_FILES_NOT_WRITTEN.
 */

/*
 * Makes the new set live. What was live before it becomes the old set, unless one is still kept: that is the
 * last verified one, and stays. After an error the old set is live.
 */
bool fileset_put(const struct fileset *set, const char *const *folders, struct error *e);
/* Makes the old set live again; nothing happens if none is kept. Contents do not matter here. */
bool fileset_back(const struct fileset *set, const char *const *folders, struct error *e);
/* The live set is verified: forgets the old one. */
bool fileset_keep(const struct fileset *set, const char *const *folders, struct error *e);

enum fileset_trace { FILESET_NEW = 1, FILESET_OLD = 2, FILESET_ABSENT = 4, FILESET_KEEP = 8 };
/* Which of the files above exist for any of the set's files. */
bool fileset_traces(const struct fileset *set, const char *const *folders, unsigned *traces, struct error *e);
