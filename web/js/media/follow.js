/* Waiting for a media object to become ready or to fail. */

import { wait } from "../lib/http.js";
import { getJob, getMedia } from "./api.js";
import { ended } from "./media.js";

const SHORT = 0.5;          /* seconds between two looks, at first */
const LONG = 4;
const GROWTH = 1.3;
const ACTIVE = ["queued", "running", "retrying"];


/*
 * Looks at the job while it runs, and at the media object when the job has
 * ended, for one job may be followed by the next. Calls seen(media) after
 * each look, and answers the media object in its last state. Throws the
 * signal's reason, or the Problem of a media object that is gone.
 */
export async function follow(media, seen, signal) {
    let pause = SHORT;

    while (!ended(media)) {
        await wait(pause, signal);
        await visible(signal);
        pause = Math.min(pause * GROWTH, LONG);

        try {
            media = await look(media, signal);
        } catch (problem) {
            if (!problem.away) {
                throw problem;
            }
            continue;
        }
        seen(media);
    }

    return media;
}


/*
 * What plays already, while more is made of it: seen(media) after each look,
 * until nothing is at work. Resolves then.
 */
export async function followOn(media, seen, signal) {
    let pause = SHORT;

    while (busy(media)) {
        await wait(pause, signal);
        await visible(signal);
        pause = Math.min(pause * GROWTH, LONG);

        try {
            media = await getMedia(media.id, signal);
        } catch (problem) {
            if (!problem.away) {
                throw problem;
            }
            continue;
        }
        seen(media);
    }
}


export function busy({ job, making }) {
    return ACTIVE.includes(job?.state) || making?.length > 0;
}


/* The same as follow() for a file of a score: answers the score, with the file's state in
   the place of its own. */
export async function followFile(file, seen, signal) {
    let pause = SHORT;

    for (;;) {
        try {
            const score = await getMedia(file.media, signal);
            const { state, error } = score.attachments.find(
                ({ id }) => id === file.id) ?? { state: "failed" };
            const media = { ...score, job: null, state, error };

            seen(media);
            if (ended(media)) {
                return media;
            }
        } catch (problem) {
            if (!problem.away) {
                throw problem;
            }
        }

        await wait(pause, signal);
        await visible(signal);
        pause = Math.min(pause * GROWTH, LONG);
    }
}


async function look(media, signal) {
    if (!media.job || !ACTIVE.includes(media.job.state)) {
        return getMedia(media.id, signal);
    }

    /* A job may be gone before the title it was for. */
    const job = await getJob(media.job.id, signal).catch((problem) => {
        if (problem.status === 404) {
            return null;
        }
        throw problem;
    });

    return ACTIVE.includes(job?.state) ? { ...media, job }
        : getMedia(media.id, signal);
}


/* Nobody looks at a hidden page: it need not ask. */
function visible(signal) {
    if (!document.hidden) {
        return Promise.resolve();
    }

    return new Promise((resolve, reject) => {
        const done = new AbortController();

        document.addEventListener("visibilitychange", () => {
            done.abort();
            resolve();
        }, { signal: done.signal });
        signal?.addEventListener("abort", () => {
            done.abort();
            reject(signal.reason);
        }, { signal: done.signal });
    });
}
