#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sandbox_inside.h"

#if defined(__x86_64__)
#define SECCOMP_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SECCOMP_ARCH AUDIT_ARCH_AARCH64
#else
#error "The numbers of this machine's system calls are not known here."
#endif

#define SECCOMP_X32 0x40000000U /* the bit of another ABI's numbers */

/* Values of a rule that are known only when the filter is made. */
#define SECCOMP_OWN_PID 0xfffffff0U
#define SECCOMP_REPORT 0xfffffff1U

/* Of the argument's lower half, since these are ints for the kernel. */
typedef struct {
    int call;
    uint8_t arg;
    uint32_t mask, value; /* (argument & mask) == value; mask 0: always */
} seccomp_rule_t;

#define SECCOMP_THREAD (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
#define SECCOMP_NAMESPACES                                                    \
    (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC \
     | CLONE_NEWUTS | CLONE_NEWCGROUP)

#define SECCOMP_ALL 0xffffffffU

/*
 * What ffmpeg, poppler and their libraries make, seen with strace and completed
 * by kind: bytes, folders, memory, threads, time, and questions about oneself.
 * Not among them, though harmless looking: chmod() and its kind, utimens(),
 * truncate() by path, which Landlock lets through to files of the same user.
 */
static const seccomp_rule_t seccomp_allowed[] = {
#define ALLOW(name) { SYS_##name, 0, 0, 0 },
#define ALLOW_IF(name, arg, mask, value) { SYS_##name, arg, mask, value },
    /* bytes */
    ALLOW(read) ALLOW(write) ALLOW(readv) ALLOW(writev) ALLOW(pread64) ALLOW(
        pwrite64) ALLOW(preadv) ALLOW(pwritev) ALLOW(preadv2) ALLOW(pwritev2)
        ALLOW(lseek) ALLOW(close) ALLOW(close_range) ALLOW(dup) ALLOW(
            dup3) ALLOW(pipe2) ALLOW(eventfd2) ALLOW(ppoll) ALLOW(pselect6)
            ALLOW(sendfile) ALLOW(copy_file_range) ALLOW(ftruncate) ALLOW(
                fallocate) ALLOW(fsync) ALLOW(fdatasync) ALLOW(fadvise64)
                ALLOW(readahead) ALLOW(flock) ALLOW(epoll_create1) ALLOW(
                    epoll_ctl) ALLOW(epoll_pwait) ALLOW_IF(fcntl, 1,
                                                           SECCOMP_ALL, F_DUPFD)
                    ALLOW_IF(fcntl, 1, SECCOMP_ALL, F_DUPFD_CLOEXEC) ALLOW_IF(
                        fcntl, 1, SECCOMP_ALL,
                        F_GETFD) ALLOW_IF(fcntl, 1, SECCOMP_ALL, F_SETFD)
                        ALLOW_IF(fcntl, 1, SECCOMP_ALL, F_GETFL)
                            ALLOW_IF(fcntl, 1, SECCOMP_ALL, F_SETFL) ALLOW_IF(
                                fcntl, 1, SECCOMP_ALL, F_GETLK)
                                ALLOW_IF(fcntl, 1, SECCOMP_ALL, F_SETLK)
                                    ALLOW_IF(fcntl, 1, SECCOMP_ALL, F_SETLKW)
                                        ALLOW_IF(ioctl, 1, SECCOMP_ALL, TCGETS)
                                            ALLOW_IF(ioctl, 1, SECCOMP_ALL,
                                                     TIOCGWINSZ)
                                                ALLOW_IF(ioctl, 1, SECCOMP_ALL,
                                                         FIONREAD)

    /* folders */
    ALLOW(openat) ALLOW(fstat) ALLOW(newfstatat) ALLOW(statx) ALLOW(statfs)
        ALLOW(fstatfs) ALLOW(getdents64) ALLOW(getcwd) ALLOW(chdir)
            ALLOW(fchdir) ALLOW(readlinkat) ALLOW(faccessat) ALLOW(faccessat2)
                ALLOW(renameat) ALLOW(renameat2) ALLOW(mkdirat) ALLOW(unlinkat)
                    ALLOW(umask)

    /* memory that is either written or executed */
    ALLOW_IF(mmap, 2, PROT_WRITE | PROT_EXEC, 0)
        ALLOW_IF(mmap, 2, PROT_WRITE | PROT_EXEC, PROT_WRITE)
            ALLOW_IF(mmap, 2, PROT_WRITE | PROT_EXEC, PROT_EXEC)
                ALLOW_IF(mprotect, 2, PROT_EXEC, 0) ALLOW(munmap) ALLOW(mremap)
                    ALLOW(madvise) ALLOW(brk) ALLOW(mincore) ALLOW(msync)
                        ALLOW(membarrier) ALLOW(mlock) ALLOW(munlock)

    /* threads, and no other program but the tool, once: see Landlock */
    ALLOW_IF(clone, 0, SECCOMP_THREAD | SECCOMP_NAMESPACES, SECCOMP_THREAD)
        ALLOW(execve) ALLOW(exit) ALLOW(exit_group) ALLOW(wait4) ALLOW(waitid)
            ALLOW(futex) ALLOW(set_robust_list) ALLOW(get_robust_list)
                ALLOW(rseq) ALLOW(set_tid_address) ALLOW(sched_yield)
                    ALLOW(sched_getaffinity) ALLOW_IF(sched_setaffinity, 0,
                                                      SECCOMP_ALL, 0)
                        ALLOW(sched_getparam) ALLOW(sched_getscheduler)
                            ALLOW(getcpu) ALLOW(sched_get_priority_max)
                                ALLOW(sched_get_priority_min) ALLOW(getpriority)
                                    ALLOW_IF(setpriority, 1, SECCOMP_ALL, 0)

    /* signals, to itself */
    ALLOW(rt_sigaction) ALLOW(rt_sigprocmask) ALLOW(rt_sigreturn)
        ALLOW(rt_sigsuspend) ALLOW(rt_sigtimedwait) ALLOW(rt_sigpending)
            ALLOW(sigaltstack) ALLOW(restart_syscall) ALLOW(setitimer)
                ALLOW(getitimer) ALLOW_IF(kill, 0, SECCOMP_ALL, SECCOMP_OWN_PID)
                    ALLOW_IF(tgkill, 0, SECCOMP_ALL, SECCOMP_OWN_PID)

    /* time */
    ALLOW(clock_gettime) ALLOW(clock_getres) ALLOW(clock_nanosleep)
        ALLOW(nanosleep) ALLOW(gettimeofday) ALLOW(times)

    /* questions */
    ALLOW(getpid) ALLOW(gettid) ALLOW(getppid) ALLOW(getuid) ALLOW(geteuid)
        ALLOW(getgid) ALLOW(getegid) ALLOW(getgroups) ALLOW(getpgid)
            ALLOW(getsid) ALLOW(getrusage) ALLOW(getrlimit) ALLOW(sysinfo)
                ALLOW(uname) ALLOW(getrandom)
                    ALLOW_IF(prlimit64, 0, SECCOMP_ALL, 0)
                        ALLOW_IF(prctl, 0, SECCOMP_ALL, PR_SET_NAME)
                            ALLOW_IF(prctl, 0, SECCOMP_ALL, PR_GET_NAME)
                                ALLOW_IF(prctl, 0, SECCOMP_ALL, PR_CAPBSET_READ)

    /* "The tool starts now." */
    ALLOW_IF(sendmsg, 0, SECCOMP_ALL, SECCOMP_REPORT)

#if defined(__x86_64__) /* what newer machines were not given */
        ALLOW(open) ALLOW(stat) ALLOW(lstat) ALLOW(access) ALLOW(readlink)
            ALLOW(rename) ALLOW(mkdir) ALLOW(rmdir) ALLOW(unlink)
                ALLOW(getdents) ALLOW(pipe) ALLOW(dup2) ALLOW(poll)
                    ALLOW(select) ALLOW(epoll_create) ALLOW(epoll_wait)
                        ALLOW(eventfd) ALLOW(time) ALLOW(alarm) ALLOW(pause)
                            ALLOW(getpgrp) ALLOW(arch_prctl)
#endif
};

/* Libraries ask name services and the like, and take no for an answer. */
static const seccomp_rule_t seccomp_refused[] = {
    ALLOW_IF(socket, 0, SECCOMP_ALL, AF_UNIX) ALLOW_IF(mmap, 0, 0, 0)
        ALLOW_IF(mprotect, 0, 0, 0) ALLOW_IF(prctl, 0, 0, 0)
            ALLOW_IF(fcntl, 0, 0, 0) ALLOW_IF(prlimit64, 0, 0, 0)
                ALLOW_IF(setpriority, 0, 0, 0)
                    ALLOW_IF(sched_setaffinity, 0, 0, 0)
};

/* What only an attacker makes. It follows the two above: what they let pass or
   refuse does not come here. */
static const struct {
    int call;
    const char *words;
} seccomp_told[] = {
#define TELL(name, words) { SYS_##name, words },
#define NETWORK "to reach the network"
#define PROGRAM "to start another program"
#define MOUNTS "to change what is mounted"
#define SPACES "to leave its namespaces"
#define OTHERS "to look into other processes"
#define SIGNALS "to send signals to other processes"
#define KEYS "to use the kernel's keys"
#define KERNEL "to open rarely used doors of the kernel"
#define MACHINE "to change the machine"
    TELL(socket, NETWORK) TELL(socketpair, NETWORK) TELL(connect, NETWORK) TELL(
        bind, NETWORK) TELL(listen, NETWORK) TELL(sendto, NETWORK)
        TELL(clone, PROGRAM) TELL(execveat, PROGRAM) TELL(mount, MOUNTS) TELL(
            umount2, MOUNTS) TELL(pivot_root, MOUNTS) TELL(chroot, MOUNTS)
            TELL(move_mount, MOUNTS) TELL(open_tree, MOUNTS) TELL(
                fsopen, MOUNTS) TELL(fsmount, MOUNTS) TELL(fspick, MOUNTS)
                TELL(unshare, SPACES) TELL(setns, SPACES) TELL(
                    ptrace, OTHERS) TELL(process_vm_readv,
                                         OTHERS) TELL(process_vm_writev, OTHERS)
                    TELL(pidfd_getfd, OTHERS) TELL(pidfd_open, OTHERS) TELL(
                        kcmp, OTHERS) TELL(kill, SIGNALS) TELL(tgkill, SIGNALS)
                        TELL(tkill, SIGNALS) TELL(
                            rt_sigqueueinfo,
                            SIGNALS) TELL(rt_tgsigqueueinfo,
                                          SIGNALS) TELL(pidfd_send_signal,
                                                        SIGNALS)
                            TELL(keyctl, KEYS) TELL(add_key, KEYS) TELL(
                                request_key,
                                KEYS) TELL(bpf,
                                           KERNEL) TELL(perf_event_open, KERNEL)
                                TELL(userfaultfd, KERNEL) TELL(
                                    io_uring_setup,
                                    KERNEL) TELL(io_uring_enter, KERNEL)
                                    TELL(io_uring_register, KERNEL) TELL(
                                        open_by_handle_at,
                                        KERNEL) TELL(init_module, MACHINE)
                                        TELL(finit_module, MACHINE) TELL(
                                            delete_module,
                                            MACHINE) TELL(kexec_load, MACHINE)
                                            TELL(reboot,
                                                 MACHINE) TELL(swapon, MACHINE)
                                                TELL(swapoff, MACHINE) TELL(
                                                    settimeofday,
                                                    MACHINE) TELL(clock_settime,
                                                                  MACHINE)
                                                    TELL(acct, MACHINE) TELL(
                                                        quotactl, MACHINE)
#if defined(__x86_64__)
                                                        TELL(fork, PROGRAM)
                                                            TELL(vfork, PROGRAM)
                                                                TELL(iopl,
                                                                     MACHINE)
                                                                    TELL(
                                                                        ioperm,
                                                                        MACHINE)
#endif
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A rule with an argument takes seven instructions, the frame eight. */
#define SECCOMP_WORDS                                         \
    (8                                                        \
     + 7                                                      \
           * (COUNT(seccomp_allowed) + COUNT(seccomp_refused) \
              + COUNT(seccomp_told)))

typedef struct {
    struct sock_filter code[SECCOMP_WORDS];
    unsigned short len;
} seccomp_program_t;

#define SECCOMP_AT(member) ((uint32_t) offsetof(struct seccomp_data, member))


static void seccomp_add(seccomp_program_t *program, unsigned short code,
                        uint32_t k, uint8_t jt, uint8_t jf);
static void seccomp_rule(seccomp_program_t *program, const seccomp_rule_t *rule,
                         uint32_t action);
static void seccomp_write(seccomp_program_t *program, int report,
                          uint32_t told);


int
sandbox_seccomp(int report, int listen)
{
    seccomp_program_t program;
    struct sock_fprog filter;

    seccomp_write(&program, report,
                  listen ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_KILL_PROCESS);
    filter = (struct sock_fprog){ program.len, program.code };

    return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                         listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0,
                         &filter);
}


const char *
sandbox_seccomp_words(int call)
{
    size_t i;

    for (i = 0; i < COUNT(seccomp_told); i++) {
        if (seccomp_told[i].call == call) {
            return seccomp_told[i].words;
        }
    }

    return "what is not allowed";
}


static void
seccomp_write(seccomp_program_t *program, int report, uint32_t told)
{
    size_t i;
    seccomp_rule_t rule;

    program->len = 0;
    seccomp_add(program, BPF_LD | BPF_W | BPF_ABS, SECCOMP_AT(arch), 0, 0);
    seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_ARCH, 1, 0);
    seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    seccomp_add(program, BPF_LD | BPF_W | BPF_ABS, SECCOMP_AT(nr), 0, 0);
#if defined(__x86_64__)
    seccomp_add(program, BPF_JMP | BPF_JGE | BPF_K, SECCOMP_X32, 0, 1);
    seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
#endif

    for (i = 0; i < COUNT(seccomp_allowed); i++) {
        rule = seccomp_allowed[i];
        if (rule.value == SECCOMP_OWN_PID) {
            rule.value = (uint32_t) getpid();
        } else if (rule.value == SECCOMP_REPORT) {
            rule.value = (uint32_t) report;
        }
        seccomp_rule(program, &rule, SECCOMP_RET_ALLOW);
    }

    for (i = 0; i < COUNT(seccomp_refused); i++) {
        seccomp_rule(program, &seccomp_refused[i], SECCOMP_RET_ERRNO | EACCES);
    }

    for (i = 0; i < COUNT(seccomp_told); i++) {
        rule = (seccomp_rule_t){ .call = seccomp_told[i].call };
        seccomp_rule(program, &rule, told);
    }

    /* glibc falls back to clone() and others for want of these. */
    seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
}


/* The accumulator holds the call's number before and after. */
static void
seccomp_rule(seccomp_program_t *program, const seccomp_rule_t *rule,
             uint32_t action)
{
    uint32_t call = (uint32_t) rule->call;

    if (rule->mask == 0) {
        seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
        seccomp_add(program, BPF_RET | BPF_K, action, 0, 0);
        return;
    }

    /* both are little-endian machines: the lower half comes first */
    seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
    seccomp_add(program, BPF_LD | BPF_W | BPF_ABS,
                SECCOMP_AT(args) + 8U * rule->arg, 0, 0);
    seccomp_add(program, BPF_ALU | BPF_AND | BPF_K, rule->mask, 0, 0);
    seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, rule->value, 0, 1);
    seccomp_add(program, BPF_RET | BPF_K, action, 0, 0);
    seccomp_add(program, BPF_LD | BPF_W | BPF_ABS, SECCOMP_AT(nr), 0, 0);
}


static void
seccomp_add(seccomp_program_t *program, unsigned short code, uint32_t k,
            uint8_t jt, uint8_t jf)
{
    program->code[program->len++] = (struct sock_filter){ code, jt, jf, k };
}
