/* Media keys, and what a locked screen shows of what plays. */

const STEP = 10;            /* seconds, where the system names none */


/*
 * Tells the system of what plays in `element` until the signal ends.
 * about() answers {title, artist, album, artwork}; previous() and next() are
 * null where there is nothing to go to. Answers what tells it anew.
 */
export function mediaSession(element, { about, previous, next }, signal) {
    const session = navigator.mediaSession;

    if (!session) {
        return () => {};
    }

    const to = (seconds) => {
        element.currentTime = Math.max(0, Math.min(seconds,
            element.duration || 0));
    };
    const actions = {
        play: () => element.play().catch(() => {}),
        pause: () => element.pause(),
        stop: () => element.pause(),
        seekbackward: ({ seekOffset }) =>
            to(element.currentTime - (seekOffset || STEP)),
        seekforward: ({ seekOffset }) =>
            to(element.currentTime + (seekOffset || STEP)),
        seekto: ({ seekTime }) => to(seekTime),
    };

    function tell() {
        const { title, artist, album, artwork } = about();

        session.metadata = new MediaMetadata({
            title, artist: artist ?? "", album: album ?? "",
            artwork: artwork ? [{ src: new URL(artwork, location.href).href }]
                : [],
        });
        hear({ ...actions, previoustrack: previous(), nexttrack: next() });
        place();
    }

    function place() {
        const { duration, currentTime, playbackRate, paused } = element;

        session.playbackState = paused ? "paused" : "playing";
        if (duration > 0 && Number.isFinite(duration)) {
            session.setPositionState?.({
                duration, playbackRate,
                position: Math.min(currentTime, duration),
            });
        }
    }

    function hear(all) {
        for (const [name, act] of Object.entries(all)) {
            try {
                session.setActionHandler(name, act);
            } catch {
                /* a browser that does not know this key */
            }
        }
    }

    element.addEventListener("play", tell, { signal });
    for (const name of ["pause", "seeked", "ratechange", "durationchange"]) {
        element.addEventListener(name, place, { signal });
    }
    signal.addEventListener("abort", () => {
        hear(Object.fromEntries([...Object.keys(actions), "previoustrack",
                                 "nexttrack"].map((name) => [name, null])));
        session.metadata = null;
        session.playbackState = "none";
    });

    return tell;
}
