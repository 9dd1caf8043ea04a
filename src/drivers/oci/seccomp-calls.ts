/** System calls of x86_64 that carry no risk of their own for a namespaced root. */
export const ALLOWED = words(`
  accept accept4 access alarm arch_prctl bind brk cachestat capget capset chdir chmod chown chroot
  clock_getres clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3
  epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat
  exit exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat
  fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate
  futex futex_requeue futex_wait futex_waitv futex_wake futimesat get_robust_list getcpu getcwd getdents
  getdents64 getegid geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid
  getpriority getrandom getresgid getresuid getrlimit getrusage getsid getsockname getsockopt gettid
  gettimeofday getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl
  ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown
  lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat madvise membarrier
  memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect
  mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink mremap mseal msgctl msgget msgrcv
  msgsnd msync munlock munlockall munmap nanosleep newfstatat open openat openat2 pause pidfd_open
  pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2
  prlimit64 process_mrelease pselect6 ptrace pwrite64 pwritev pwritev2 read readahead readlink readlinkat
  readv recvfrom recvmmsg recvmsg removexattr rename renameat renameat2 restart_syscall rmdir rseq
  rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
  rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
  sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
  sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg
  sendto set_robust_list set_tid_address setdomainname setfsgid setfsuid setgid sethostname setitimer setns
  setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr
  shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 splice stat statfs statx symlink
  symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun
  timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask
  umount2 uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev
`);

/**
 * ENOSYS, so that programs fall back: mount tools to mount(2), glibc to clone(2), whose flags can be filtered. The
 * fsopen family is where namespaced CAP_SYS_ADMIN has met kernel bugs (CVE-2022-0185); io_* because `fs.aio-max-nr`
 * and io_uring are shared by the whole machine.
 */
export const NOT_IMPLEMENTED = words(`
  fsopen fsconfig fsmount fspick open_tree open_tree_attr move_mount mount_setattr clone3 io_uring_setup
  io_uring_enter io_uring_register io_setup io_submit io_destroy io_cancel io_getevents io_pgetevents
`);

/** EPERM: no lab needs these. */
export const REFUSED = words(`
  acct add_key adjtimex bpf clock_adjtime clock_settime delete_module fanotify_init fanotify_mark
  finit_module get_mempolicy init_module ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie
  mbind migrate_pages modify_ldt move_pages name_to_handle_at open_by_handle_at perf_event_open pidfd_getfd
  pivot_root process_madvise process_vm_readv process_vm_writev quotactl quotactl_fd reboot request_key
  set_mempolicy set_mempolicy_home_node settimeofday swapoff swapon syslog userfaultfd vhangup
`);

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}
