/* What PostgreSQL's SQLSTATE means to who has asked: its Appendix A, in as many
   kinds as there are things to do about it. */

#ifndef SLUICE_SQLSTATE_H
#define SLUICE_SQLSTATE_H

typedef enum {
    SQLSTATE_REFUSED,   /* the statement, and the same will be refused again */
    SQLSTATE_VALUE,     /* a value in it is none */
    SQLSTATE_CONFLICT,  /* it does not go with what is there */
    SQLSTATE_CANCELED,  /* it was stopped, or took too long; the session is as
                           good as new */
    SQLSTATE_AGAIN,     /* others were in the way: a deadlock, a lock */
    SQLSTATE_TROUBLE,   /* the server has no room, no memory, a bad disk */
    SQLSTATE_GOING,     /* the session ends, or the server does; what was done
                           before, nobody knows */
    SQLSTATE_READ_ONLY, /* the server takes no writes (a standby, or a primary
                           of before), and has done nothing */
    SQLSTATE_NO_SESSION /* the statement's name is another session's: a pooler
                           stands in between. Nothing was done */
} sqlstate_t;

/* `state` has five characters, or is NULL where the server said nothing:
   SQLSTATE_GOING. */
sqlstate_t sqlstate_read(const char *state);

/* 1 when it says nothing about the statement: the same may be well soon. */
int sqlstate_passes(sqlstate_t means);

#endif
