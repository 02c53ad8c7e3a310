#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "sandbox_report.h"

/* Room for what later kernels append to struct seccomp_notif. */
#define SANDBOX_REPORT_NOTIF 512

typedef union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
} sandbox_report_control_t;


int
sandbox_report_send(int socket, sandbox_report_t report, int listener)
{
    char byte = (char) report;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    struct cmsghdr *header;
    sandbox_report_control_t control;

    if (listener != -1) {
        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);

        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &listener, sizeof(int));
    }

    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}


sandbox_report_t
sandbox_report_take(int socket, int *listener)
{
    char byte;
    struct iovec part = { &byte, 1 };
    sandbox_report_control_t control;
    struct cmsghdr *header;
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof(control.bytes) };

    if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) {
        return SANDBOX_REPORT_NONE;
    }

    header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET
        && header->cmsg_type == SCM_RIGHTS
        && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(listener, CMSG_DATA(header), sizeof(int));
    }

    return byte == SANDBOX_REPORT_READY ? SANDBOX_REPORT_READY
                                        : SANDBOX_REPORT_FAILED;
}


int
sandbox_report_call(int listener)
{
    union {
        struct seccomp_notif notif;
        char bytes[SANDBOX_REPORT_NOTIF];
    } room;

    memset(&room, 0, sizeof(room));
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &room) == 0
               ? room.notif.data.nr
               : -1;
}
