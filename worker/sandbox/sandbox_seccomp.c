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
} sandbox_seccomp_rule_t;

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
static const int sandbox_seccomp_allowed[] = {
#if defined(__x86_64__) /* what newer machines were not given */
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_rename,
    SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_getdents, SYS_pipe, SYS_dup2,
    SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd,
    SYS_time, SYS_alarm, SYS_pause, SYS_getpgrp, SYS_arch_prctl,
#endif

    /* bytes */
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64,
    SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_lseek, SYS_close,
    SYS_close_range, SYS_dup, SYS_dup3, SYS_pipe2, SYS_eventfd2, SYS_ppoll,
    SYS_pselect6, SYS_sendfile, SYS_copy_file_range, SYS_ftruncate,
    SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_fadvise64, SYS_readahead,
    SYS_flock, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait,

    /* folders */
    SYS_openat, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs,
    SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_readlinkat,
    SYS_faccessat, SYS_faccessat2, SYS_renameat, SYS_renameat2, SYS_mkdirat,
    SYS_unlinkat, SYS_umask,

    /* memory */
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_mincore, SYS_msync,
    SYS_membarrier, SYS_mlock, SYS_munlock,

    /* threads, and no other program but the tool, once: see Landlock */
    SYS_execve, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_futex,
    SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam,
    SYS_sched_getscheduler, SYS_getcpu, SYS_sched_get_priority_max,
    SYS_sched_get_priority_min, SYS_getpriority,

    /* signals, to itself */
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigsuspend,
    SYS_rt_sigtimedwait, SYS_rt_sigpending, SYS_sigaltstack,
    SYS_restart_syscall, SYS_setitimer, SYS_getitimer,

    /* time */
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,
    SYS_gettimeofday, SYS_times,

    /* questions */
    SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid,
    SYS_getegid, SYS_getgroups, SYS_getpgid, SYS_getsid, SYS_getrusage,
    SYS_getrlimit, SYS_sysinfo, SYS_uname, SYS_getrandom
};

/* Those that depend on an argument. Not setpriority(): by user, it reaches all
   that runs as this one. */
static const sandbox_seccomp_rule_t sandbox_seccomp_allowed_if[] = {

    /* bytes */
    { SYS_fcntl, 1, SECCOMP_ALL, F_DUPFD },
    { SYS_fcntl, 1, SECCOMP_ALL, F_DUPFD_CLOEXEC },
    { SYS_fcntl, 1, SECCOMP_ALL, F_GETFD },
    { SYS_fcntl, 1, SECCOMP_ALL, F_SETFD },
    { SYS_fcntl, 1, SECCOMP_ALL, F_GETFL },
    { SYS_fcntl, 1, SECCOMP_ALL, F_SETFL },
    { SYS_fcntl, 1, SECCOMP_ALL, F_GETLK },
    { SYS_fcntl, 1, SECCOMP_ALL, F_SETLK },
    { SYS_fcntl, 1, SECCOMP_ALL, F_SETLKW },
    { SYS_ioctl, 1, SECCOMP_ALL, TCGETS },
    { SYS_ioctl, 1, SECCOMP_ALL, TIOCGWINSZ },
    { SYS_ioctl, 1, SECCOMP_ALL, FIONREAD },

    /* memory that is either written or executed */
    { SYS_mmap, 2, PROT_WRITE | PROT_EXEC, 0 },
    { SYS_mmap, 2, PROT_WRITE | PROT_EXEC, PROT_WRITE },
    { SYS_mmap, 2, PROT_WRITE | PROT_EXEC, PROT_EXEC },
    { SYS_mprotect, 2, PROT_EXEC, 0 },

    /* threads, and no other program but the tool, once: see Landlock */
    { SYS_clone, 0, SECCOMP_THREAD | SECCOMP_NAMESPACES, SECCOMP_THREAD },
    { SYS_sched_setaffinity, 0, SECCOMP_ALL, 0 },

    /* signals, to itself */
    { SYS_kill, 0, SECCOMP_ALL, SECCOMP_OWN_PID },
    { SYS_tgkill, 0, SECCOMP_ALL, SECCOMP_OWN_PID },

    /* questions */
    { SYS_prlimit64, 0, SECCOMP_ALL, 0 },
    { SYS_prctl, 0, SECCOMP_ALL, PR_SET_NAME },
    { SYS_prctl, 0, SECCOMP_ALL, PR_GET_NAME },
    { SYS_prctl, 0, SECCOMP_ALL, PR_CAPBSET_READ },

    /* "The tool starts now." */
    { SYS_sendmsg, 0, SECCOMP_ALL, SECCOMP_REPORT },
};

/* Libraries ask name services and the like, and take no for an answer. */
static const sandbox_seccomp_rule_t sandbox_seccomp_refused[] = {
    { SYS_socket, 0, SECCOMP_ALL, AF_UNIX },
    { SYS_mmap, 0, 0, 0 },
    { SYS_mprotect, 0, 0, 0 },
    { SYS_prctl, 0, 0, 0 },
    { SYS_fcntl, 0, 0, 0 },
    { SYS_prlimit64, 0, 0, 0 },
    { SYS_setpriority, 0, 0, 0 },
    { SYS_sched_setaffinity, 0, 0, 0 },
};

#define SECCOMP_NETWORK "to reach the network"
#define SECCOMP_PROGRAM "to start another program"
#define SECCOMP_MOUNTS "to change what is mounted"
#define SECCOMP_SPACES "to leave its namespaces"
#define SECCOMP_OTHERS "to look into other processes"
#define SECCOMP_SIGNALS "to send signals to other processes"
#define SECCOMP_KEYS "to use the kernel's keys"
#define SECCOMP_KERNEL "to open rarely used doors of the kernel"
#define SECCOMP_MACHINE "to change the machine"

/* What only an attacker makes. It follows the two above: what they let pass or
   refuse does not come here. */
static const struct {
    int call;
    const char *words;
} sandbox_seccomp_told[] = {
    { SYS_socket, SECCOMP_NETWORK },
    { SYS_socketpair, SECCOMP_NETWORK },
    { SYS_connect, SECCOMP_NETWORK },
    { SYS_bind, SECCOMP_NETWORK },
    { SYS_listen, SECCOMP_NETWORK },
    { SYS_sendto, SECCOMP_NETWORK },
    { SYS_clone, SECCOMP_PROGRAM },
    { SYS_execveat, SECCOMP_PROGRAM },
    { SYS_mount, SECCOMP_MOUNTS },
    { SYS_umount2, SECCOMP_MOUNTS },
    { SYS_pivot_root, SECCOMP_MOUNTS },
    { SYS_chroot, SECCOMP_MOUNTS },
    { SYS_move_mount, SECCOMP_MOUNTS },
    { SYS_open_tree, SECCOMP_MOUNTS },
    { SYS_fsopen, SECCOMP_MOUNTS },
    { SYS_fsmount, SECCOMP_MOUNTS },
    { SYS_fspick, SECCOMP_MOUNTS },
    { SYS_unshare, SECCOMP_SPACES },
    { SYS_setns, SECCOMP_SPACES },
    { SYS_ptrace, SECCOMP_OTHERS },
    { SYS_process_vm_readv, SECCOMP_OTHERS },
    { SYS_process_vm_writev, SECCOMP_OTHERS },
    { SYS_pidfd_getfd, SECCOMP_OTHERS },
    { SYS_pidfd_open, SECCOMP_OTHERS },
    { SYS_kcmp, SECCOMP_OTHERS },
    { SYS_kill, SECCOMP_SIGNALS },
    { SYS_tgkill, SECCOMP_SIGNALS },
    { SYS_tkill, SECCOMP_SIGNALS },
    { SYS_rt_sigqueueinfo, SECCOMP_SIGNALS },
    { SYS_rt_tgsigqueueinfo, SECCOMP_SIGNALS },
    { SYS_pidfd_send_signal, SECCOMP_SIGNALS },
    { SYS_keyctl, SECCOMP_KEYS },
    { SYS_add_key, SECCOMP_KEYS },
    { SYS_request_key, SECCOMP_KEYS },
    { SYS_bpf, SECCOMP_KERNEL },
    { SYS_perf_event_open, SECCOMP_KERNEL },
    { SYS_userfaultfd, SECCOMP_KERNEL },
    { SYS_io_uring_setup, SECCOMP_KERNEL },
    { SYS_io_uring_enter, SECCOMP_KERNEL },
    { SYS_io_uring_register, SECCOMP_KERNEL },
    { SYS_open_by_handle_at, SECCOMP_KERNEL },
    { SYS_init_module, SECCOMP_MACHINE },
    { SYS_finit_module, SECCOMP_MACHINE },
    { SYS_delete_module, SECCOMP_MACHINE },
    { SYS_kexec_load, SECCOMP_MACHINE },
    { SYS_reboot, SECCOMP_MACHINE },
    { SYS_swapon, SECCOMP_MACHINE },
    { SYS_swapoff, SECCOMP_MACHINE },
    { SYS_settimeofday, SECCOMP_MACHINE },
    { SYS_clock_settime, SECCOMP_MACHINE },
    { SYS_acct, SECCOMP_MACHINE },
    { SYS_quotactl, SECCOMP_MACHINE },
#if defined(__x86_64__)
    { SYS_fork, SECCOMP_PROGRAM },
    { SYS_vfork, SECCOMP_PROGRAM },
    { SYS_iopl, SECCOMP_MACHINE },
    { SYS_ioperm, SECCOMP_MACHINE },
#endif
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The rules stand in groups by the call's number, so that the kernel need not
   go through all: it does so for each call there is when it takes the filter.
 */
#define SECCOMP_CALLS 512
#define SECCOMP_GROUP 32

/* A rule takes six instructions at most, a group and the frame less than ten
   more. */
#define SECCOMP_WORDS                             \
    (10 + 10 * (SECCOMP_CALLS / SECCOMP_GROUP)    \
     + 6                                          \
           * (COUNT(sandbox_seccomp_allowed)      \
              + COUNT(sandbox_seccomp_allowed_if) \
              + COUNT(sandbox_seccomp_refused) + COUNT(sandbox_seccomp_told)))

typedef struct {
    struct sock_filter code[SECCOMP_WORDS];
    unsigned short len;
} sandbox_seccomp_program_t;

#define SECCOMP_AT(member) ((uint32_t) offsetof(struct seccomp_data, member))


static void sandbox_seccomp_add(sandbox_seccomp_program_t *program,
                                unsigned short code, uint32_t k, uint8_t jt,
                                uint8_t jf);
static void sandbox_seccomp_rule(sandbox_seccomp_program_t *program,
                                 const sandbox_seccomp_rule_t *rule,
                                 uint32_t action);
static void sandbox_seccomp_write(sandbox_seccomp_program_t *program,
                                  int report, uint32_t told);
static void sandbox_seccomp_group(sandbox_seccomp_program_t *program, int first,
                                  int report, uint32_t told);
static int sandbox_seccomp_within(int call, int first);


int
sandbox_seccomp(int report, int listen)
{
    sandbox_seccomp_program_t program;
    struct sock_fprog filter;

    sandbox_seccomp_write(&program, report,
                          listen ? SECCOMP_RET_USER_NOTIF
                                 : SECCOMP_RET_KILL_PROCESS);
    filter = (struct sock_fprog){ program.len, program.code };

    return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                         listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0,
                         &filter);
}


const char *
sandbox_seccomp_words(int call)
{
    size_t i;

    for (i = 0; i < COUNT(sandbox_seccomp_told); i++) {
        if (sandbox_seccomp_told[i].call == call) {
            return sandbox_seccomp_told[i].words;
        }
    }

    return "what is not allowed";
}


static void
sandbox_seccomp_write(sandbox_seccomp_program_t *program, int report,
                      uint32_t told)
{
    int first;
    unsigned short jump;

    program->len = 0;
    sandbox_seccomp_add(program, BPF_LD | BPF_W | BPF_ABS, SECCOMP_AT(arch), 0,
                        0);
    sandbox_seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_ARCH, 1, 0);
    sandbox_seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0,
                        0);
    sandbox_seccomp_add(program, BPF_LD | BPF_W | BPF_ABS, SECCOMP_AT(nr), 0,
                        0);
#if defined(__x86_64__)
    sandbox_seccomp_add(program, BPF_JMP | BPF_JGE | BPF_K, SECCOMP_X32, 0, 1);
    sandbox_seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0,
                        0);
#endif

    for (first = 0; first < SECCOMP_CALLS; first += SECCOMP_GROUP) {
        sandbox_seccomp_add(program, BPF_JMP | BPF_JGE | BPF_K,
                            (uint32_t) (first + SECCOMP_GROUP), 0, 1);
        jump = program->len;
        sandbox_seccomp_add(program, BPF_JMP | BPF_JA, 0, 0, 0);
        sandbox_seccomp_group(program, first, report, told);
        program->code[jump].k = (uint32_t) (program->len - jump - 1);
    }

    sandbox_seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0,
                        0);
}


static void
sandbox_seccomp_group(sandbox_seccomp_program_t *program, int first, int report,
                      uint32_t told)
{
    size_t i;
    sandbox_seccomp_rule_t rule;

    for (i = 0; i < COUNT(sandbox_seccomp_allowed); i++) {
        rule = (sandbox_seccomp_rule_t){ .call = sandbox_seccomp_allowed[i] };
        if (sandbox_seccomp_within(rule.call, first)) {
            sandbox_seccomp_rule(program, &rule, SECCOMP_RET_ALLOW);
        }
    }

    for (i = 0; i < COUNT(sandbox_seccomp_allowed_if); i++) {
        rule = sandbox_seccomp_allowed_if[i];
        if (rule.value == SECCOMP_OWN_PID) {
            rule.value = (uint32_t) getpid();
        } else if (rule.value == SECCOMP_REPORT) {
            rule.value = (uint32_t) report;
        }
        if (sandbox_seccomp_within(rule.call, first)) {
            sandbox_seccomp_rule(program, &rule, SECCOMP_RET_ALLOW);
        }
    }

    for (i = 0; i < COUNT(sandbox_seccomp_refused); i++) {
        if (sandbox_seccomp_within(sandbox_seccomp_refused[i].call, first)) {
            sandbox_seccomp_rule(program, &sandbox_seccomp_refused[i],
                                 SECCOMP_RET_ERRNO | EACCES);
        }
    }

    for (i = 0; i < COUNT(sandbox_seccomp_told); i++) {
        rule = (sandbox_seccomp_rule_t){ .call = sandbox_seccomp_told[i].call };
        if (sandbox_seccomp_within(rule.call, first)) {
            sandbox_seccomp_rule(program, &rule, told);
        }
    }

    /* glibc falls back to clone() and others for want of these. */
    sandbox_seccomp_add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0,
                        0);
}


static int
sandbox_seccomp_within(int call, int first)
{
    return call >= first && call < first + SECCOMP_GROUP;
}


/* The accumulator holds the call's number before and after. */
static void
sandbox_seccomp_rule(sandbox_seccomp_program_t *program,
                     const sandbox_seccomp_rule_t *rule, uint32_t action)
{
    uint32_t call = (uint32_t) rule->call;

    if (rule->mask == 0) {
        sandbox_seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
        sandbox_seccomp_add(program, BPF_RET | BPF_K, action, 0, 0);
        return;
    }

    /* both are little-endian machines: the lower half comes first */
    sandbox_seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
    sandbox_seccomp_add(program, BPF_LD | BPF_W | BPF_ABS,
                        SECCOMP_AT(args) + 8U * rule->arg, 0, 0);
    sandbox_seccomp_add(program, BPF_ALU | BPF_AND | BPF_K, rule->mask, 0, 0);
    sandbox_seccomp_add(program, BPF_JMP | BPF_JEQ | BPF_K, rule->value, 0, 1);
    sandbox_seccomp_add(program, BPF_RET | BPF_K, action, 0, 0);
    sandbox_seccomp_add(program, BPF_LD | BPF_W | BPF_ABS, SECCOMP_AT(nr), 0,
                        0);
}


static void
sandbox_seccomp_add(sandbox_seccomp_program_t *program, unsigned short code,
                    uint32_t k, uint8_t jt, uint8_t jf)
{
    program->code[program->len++] = (struct sock_filter){ code, jt, jf, k };
}
