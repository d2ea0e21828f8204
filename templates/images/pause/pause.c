/*
 * The process that keeps a pod's namespaces alive. As process 1 of a shared PID namespace it inherits orphans, so
 * it collects every child that ends, and it goes when it is told to. With -v it says its version and ends, as
 * upstream's does: `kubeadm upgrade` runs a Job of it to see whether the cluster works.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "-v") == 0) return puts("pause " VERSION) < 0;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGCHLD);
  /* Blocked and taken one by one: no handler runs, so nothing can be interrupted halfway. */
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return 1;
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal != SIGCHLD) return 0;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
  }
}
