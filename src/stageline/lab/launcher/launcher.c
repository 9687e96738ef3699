/* What stands in `bin/` in place of a captured program, and starts it with its own loader and libraries.
 *
 * It finds the folder above its own, maps the loader that is in there, and jumps into it as the kernel would, with
 * the words below as the first arguments. No second exec: the process keeps its name and its command line, and
 * /proc/self/exe stays in `bin/`. It needs nothing but the kernel. tools/launcher.sh builds it.
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PATH_LENGTH 4096
#define WORDS_LENGTH 1024
#define MOST_WORDS 32
#define HEADERS 4096
#define O_RDONLY 0
#define O_CLOEXEC 02000000
#define AT_FDCWD (-100)
#define CANNOT_START 127

/* Filled in for each program: words that end with NUL, an empty one after the last. The sign before a word says what
 * it is: '/' a path below the folder, '=' the word itself, '0' the name that the program was called by.
 * The first is the loader. */
static const volatile char words[WORDS_LENGTH] = "@stageline words@";

typedef struct {
  uintptr_t *argv, *envp;
  Elf64_auxv_t *auxv;
  long argc, envc, auxc;
} Start;

typedef struct {
  uintptr_t entry, headers, count;
} Image;

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

static size_t length(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

static void copy(void *to, const void *from, size_t count) {
  for (size_t at = 0; at < count; at++) ((char *)to)[at] = ((const char *)from)[at];
}

static void say(const char *text) { system_call(SYS_write, 2, (long)text, (long)length(text), 0, 0, 0); }

static _Noreturn void give_up(const char *what, const char *path) {
  say("launcher: ");
  say(what);
  say(path);
  say("\n");
  for (;;) system_call(SYS_exit_group, CANNOT_START, 0, 0, 0, 0, 0);
}

static uintptr_t auxiliary(const Start *start, uintptr_t type) {
  for (long at = 0; at < start->auxc; at++)
    if (start->auxv[at].a_type == type) return start->auxv[at].a_un.a_val;
  return 0;
}

static Start read_start(uintptr_t *stack) {
  Start start = {.argv = stack + 1, .argc = (long)stack[0]};
  start.envp = start.argv + start.argc + 1;
  while (start.envp[start.envc]) start.envc++;
  start.auxv = (Elf64_auxv_t *)(start.envp + start.envc + 1);
  while (start.auxv[start.auxc].a_type != AT_NULL) start.auxc++;
  start.auxc++;
  return start;
}

/* The folder above that of this program; its length is the answer. Without /proc, what the kernel was asked to execute
 * tells it, unless that was a link. */
static size_t find_root(const Start *start, char *root) {
  long count = system_call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)root, PATH_LENGTH - 4, 0, 0);
  const char *called = (const char *)auxiliary(start, AT_EXECFN);
  int known = count > 0;
  if (!known) {
    count = called ? (long)length(called) : 0;
    if (count <= 0 || count > PATH_LENGTH - 4) give_up("its own path is not known", "");
    copy(root, called, (size_t)count);
  }
  for (int slashes = 0; count > 0 && slashes < 1 + known;) slashes += root[--count] == '/';
  if (!known) {
    if (called[count] == '/') root[count++] = '/';
    root[count++] = '.';
    root[count++] = '.';
  }
  root[count] = 0;
  return (size_t)count;
}

static uintptr_t map(uintptr_t at, size_t size, int protection, int flags, int file, size_t offset) {
  uintptr_t got = (uintptr_t)system_call(SYS_mmap, (long)at, (long)size, protection, flags, file, (long)offset);
  if (got > -4096UL) give_up("no memory for the loader", "");
  return got;
}

static void map_segment(const Elf64_Phdr *header, uintptr_t bias, int file, uintptr_t page) {
  int protection = (header->p_flags & PF_R ? PROT_READ : 0) | (header->p_flags & PF_W ? PROT_WRITE : 0) |
                   (header->p_flags & PF_X ? PROT_EXEC : 0);
  uintptr_t start = bias + header->p_vaddr, begin = start & -page;
  uintptr_t filled = start + header->p_filesz, end = start + header->p_memsz;
  uintptr_t next = (filled + page - 1) & -page;
  if (header->p_filesz)
    map(begin, filled - begin, protection, MAP_PRIVATE | MAP_FIXED, file, header->p_offset - (start - begin));
  else
    next = begin;
  if (end <= filled) return;
  if (header->p_filesz)
    for (volatile char *at = (char *)filled; (uintptr_t)at < next; at++) *at = 0;
  if (end > next) map(next, end - next, protection, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
}

static Image load(const char *path, uintptr_t page) {
  char start[HEADERS] __attribute__((aligned(16)));
  int file = (int)system_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) give_up("there is no loader ", path);
  long count = system_call(SYS_read, file, (long)start, HEADERS, 0, 0, 0);
  const Elf64_Ehdr *elf = (const Elf64_Ehdr *)start;
  const Elf64_Phdr *headers = (const Elf64_Phdr *)(start + elf->e_phoff);
  if (count < (long)sizeof *elf || elf->e_phoff + elf->e_phnum * sizeof *headers > (size_t)count)
    give_up("this is no loader: ", path);
  uintptr_t low = UINTPTR_MAX, high = 0;
  for (int at = 0; at < elf->e_phnum; at++) {
    if (headers[at].p_type != PT_LOAD) continue;
    uintptr_t end = headers[at].p_vaddr + headers[at].p_memsz;
    if ((headers[at].p_vaddr & -page) < low) low = headers[at].p_vaddr & -page;
    if (end > high) high = end;
  }
  int fixed = elf->e_type == ET_EXEC ? MAP_FIXED : 0;
  uintptr_t bias = map(fixed ? low : 0, high - low, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0) - low;
  uintptr_t found = 0;
  for (int at = 0; at < elf->e_phnum; at++) {
    if (headers[at].p_type != PT_LOAD) continue;
    map_segment(&headers[at], bias, file, page);
    if (headers[at].p_offset <= elf->e_phoff && elf->e_phoff < headers[at].p_offset + headers[at].p_filesz)
      found = bias + headers[at].p_vaddr + (elf->e_phoff - headers[at].p_offset);
  }
  system_call(SYS_close, file, 0, 0, 0, 0, 0);
  return (Image){.entry = bias + elf->e_entry, .headers = found, .count = elf->e_phnum};
}

static void point_at(Elf64_auxv_t *auxv, const Image *image) {
  for (; auxv->a_type != AT_NULL; auxv++) {
    if (auxv->a_type == AT_PHDR) auxv->a_un.a_val = image->headers;
    if (auxv->a_type == AT_PHNUM) auxv->a_un.a_val = image->count;
    if (auxv->a_type == AT_ENTRY) auxv->a_un.a_val = image->entry;
  }
}

static _Noreturn void enter(uintptr_t *stack, uintptr_t entry) {
#if defined(__x86_64__)
  __asm__ volatile("mov %0, %%rsp\n\txor %%edx, %%edx\n\tjmp *%1" : : "r"(stack), "r"(entry) : "rdx", "memory");
#elif defined(__aarch64__)
  __asm__ volatile("mov sp, %0\n\tmov x0, #0\n\tbr %1" : : "r"(stack), "r"(entry) : "x0", "memory");
#endif
  __builtin_unreachable();
}

__attribute__((used)) static _Noreturn void launch(uintptr_t *stack) {
  char root[PATH_LENGTH];
  Start start = read_start(stack);
  size_t root_length = find_root(&start, root);
  uintptr_t first[MOST_WORDS];
  long count = 0;
  for (size_t at = 0; at < WORDS_LENGTH && words[at] && count < MOST_WORDS; count++) {
    const char *word = (const char *)words + at;
    size_t size = length(word) + 1;
    char *kept = __builtin_alloca(root_length + size);
    if (*word == '/') {
      copy(kept, root, root_length);
      copy(kept + root_length, word, size);
    } else {
      copy(kept, word + 1, size - 1);
    }
    first[count] = *word == '0' && start.argc ? start.argv[0] : (uintptr_t)kept;
    at += size;
  }
  if (!count) give_up("it says nothing of a program", "");
  long rest = start.argc > 1 ? start.argc - 1 : 0;
  size_t cells = (size_t)(1 + count + rest + 1 + start.envc + 1 + start.auxc * 2);
  uintptr_t *fresh = __builtin_alloca((cells + 2) * sizeof *fresh);
  fresh = (uintptr_t *)(((uintptr_t)fresh + 15) & -16UL);
  uintptr_t *at = fresh;
  *at++ = (uintptr_t)(count + rest);
  copy(at, first, (size_t)count * sizeof *at);
  copy(at += count, start.argv + 1, (size_t)rest * sizeof *at);
  *(at += rest) = 0;
  copy(++at, start.envp, (size_t)(start.envc + 1) * sizeof *at);
  copy(at += start.envc + 1, start.auxv, (size_t)start.auxc * sizeof *start.auxv);
  uintptr_t page = auxiliary(&start, AT_PAGESZ);
  Image image = load((const char *)first[0], page ? page : 4096);
  point_at((Elf64_auxv_t *)at, &image);
  enter(fresh, image.entry);
}

#if defined(__x86_64__)
__asm__(".global _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall launch\n");
#elif defined(__aarch64__)
__asm__(".global _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tb launch\n");
#endif
