/*
 * Runs a fuzz target over the files of the folders that are given: what the fuzzer found once is tried with
 * every build, also where libFuzzer is not.
 */
#include "base/file.h"
#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>

enum { INPUT_MAX = 1 << 20 };

static bool replay_file(const char *folder, const char *name) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice content;
    if (!file_read(a, arena_printf(a, "%s/%s", folder, name), INPUT_MAX, &content, &e)) {
        fprintf(stderr, "%s\n", e.detail[LANG_EN]);
        return false;
    }
    LLVMFuzzerTestOneInput(content.p, content.len);
    return true;
}

/* The number of files, -1 if one could not be read. */
static int replay_folder(const char *folder) {
    struct dirent **entries;
    int count = 0, n = scandir(folder, &entries, NULL, alphasort);
    if (n < 0)
        perror(folder);
    for (int i = 0; i < n; i++) {
        if (count >= 0 && entries[i]->d_name[0] != '.')
            count = replay_file(folder, entries[i]->d_name) ? count + 1 : -1;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return n < 0 ? -1 : count;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        printf("%s: %d inputs\n", argv[i], count);
        if (count <= 0)
            return 1;
    }
    return argc > 1 ? 0 : 2;
}
