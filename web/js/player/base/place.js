/* Where one was in a film or a long recording: kept, and gone back to. */

import * as position from "../../lib/position.js";

const EVERY = 5;            /* seconds of film between two notes of where */
const HEAD = 10;            /* seconds not worth coming back to */
const TAIL = 0.95;          /* of the length: one has seen it */


/* resumed(at) is called when it goes on where one stopped. */
export function keepPlace(media, element, resumed, signal) {
    const begin = position.recall(media.id);
    let at = null;          /* s, as last seen: a player that is let go, or
                               whose link is refused, stands at 0 */
    let noted = 0;

    function note() {
        if (at === null) {
            return;
        }
        noted = at;
        if (at > (media.duration ?? Infinity) * TAIL) {
            position.forget(media.id);
        } else if (at > HEAD || begin !== null) {
            position.remember(media.id, at);
        }
    }

    function see() {
        const there = element.seeking
            || element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;

        if (there && !element.error) {
            at = element.currentTime;
        }
    }

    function leave() {
        see();
        note();
    }

    element.addEventListener("loadedmetadata", () => {
        if (begin === null || element.currentTime > 0) {
            return;
        }
        element.currentTime = begin;
        resumed(begin);
    }, { once: true, signal });

    element.addEventListener("timeupdate", () => {
        see();
        if (at !== null && Math.abs(at - noted) > EVERY) {
            note();
        }
    }, { signal });
    element.addEventListener("pause", leave, { signal });
    addEventListener("pagehide", leave, { signal });
    document.addEventListener("visibilitychange", leave, { signal });
    signal.addEventListener("abort", leave);
}
