// usage: kernel-check [--has SET | --lacks SET]...
// Exits with 1 on a difference, or when a set is there or not against what was said.

#include <stdio.h>
#include <string.h>

#include "check.h"

typedef const hw_kernels *(*find_kernels)(void);
typedef const hw_elementwise *(*find_elementwise)(void);

// Tables by their names; NULL: this set has no table of its own.
static const struct { const char *name; find_kernels kernels; find_elementwise elementwise; } sets[] = {
    {"portable", hw_kernels_portable, hw_elementwise_portable},
    {"avx2", hw_kernels_avx2, hw_elementwise_avx2},
    {"avx512", hw_kernels_avx512, NULL},
    {"neon", hw_kernels_neon, hw_elementwise_neon},
};

static const struct { const char *name; void (*check)(const hw_kernels *); } parts[] = {
    {"activations", check_activations}, {"panels", check_panels},   {"rows", check_rows},
    {"decoding", check_decoding},       {"vectors", check_vectors}, {"attention", check_attention},
};

static int is_there(const char *name) {
  for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
    if (strcmp(name, sets[k].name) == 0) return sets[k].kernels() != NULL;
  }
  return 0;
}

// Says what was compared; whether anything differs.
static int is_different(const char *set, const char *part) {
  const check_count found = take_count();
  printf("%s %s: %zu numbers compared, %zu differ\n", set, part, found.numbers, found.differences);
  return found.differences != 0;
}

int main(int count, char **arguments) {
  int is_wrong = 0;
  for (int k = 1; k < count; k += 2) {
    const int has = strcmp(arguments[k], "--has") == 0;
    if ((!has && strcmp(arguments[k], "--lacks") != 0) || k + 1 == count) {
      fprintf(stderr, "usage: kernel-check [--has SET | --lacks SET]...\n");
      return 64;
    }
    if (is_there(arguments[k + 1]) == has) continue;
    printf("%s is%s there\n", arguments[k + 1], has ? " not" : "");
    is_wrong = 1;
  }
  for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
    const hw_kernels *set = sets[k].kernels();
    if (!set) {
      printf("%s: not on this processor\n", sets[k].name);
      continue;
    }
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
      parts[part].check(set);
      is_wrong |= is_different(set->name, parts[part].name);
    }
    const hw_elementwise *elementwise = sets[k].elementwise ? sets[k].elementwise() : NULL;
    if (!elementwise) continue;
    check_elementwise(elementwise);
    is_wrong |= is_different(elementwise->name, "elementwise");
  }
  return is_wrong;
}
