/* HLS by the browser itself, which chooses the quality. */

const TYPE = "application/vnd.apple.mpegurl";


/*
 * Is it the better one here? Where it lists the sounds of a film (WebKit), it
 * has all that is needed, and AirPlay; others' plays what they choose.
 */
export function prefersNative(element) {
    return canPlayNative(element)
        && ("audioTracks" in element || !hasMediaSource());
}


export function canPlayNative(element) {
    return element.canPlayType(TYPE) !== "";
}


/* The same as playLibrary(). */
export function playNative(element, source, at, { broke, changed }) {
    const stop = new AbortController();
    const { signal } = stop;
    const list = element.audioTracks;

    function begin(from, where) {
        element.src = from;
        if (where > 0) {
            element.addEventListener("loadedmetadata", () => {
                element.currentTime = where;
            }, { once: true, signal });
        }
    }

    element.addEventListener("error", () => broke({
        decode: element.error?.code === MediaError.MEDIA_ERR_DECODE,
    }), { signal });
    for (const name of ["addtrack", "removetrack", "change"]) {
        list?.addEventListener(name, changed, { signal });
    }
    begin(source, at);

    return {
        native: true,
        qualities: () => [],
        quality: () => -1,
        setQuality() {},
        sounds: () => [...list ?? []].map((track, id) => ({
            id, language: track.language, title: track.label,
            purpose: track.kind === "main-desc" ? "description" : undefined,
        })),
        sound: () => [...list ?? []].findIndex(({ enabled }) => enabled),
        setSound(id) {
            [...list].forEach((track, place) => {
                track.enabled = place === id;
            });
        },
        renew(from) {
            begin(from, element.currentTime);
        },
        retry() {},
        stop: () => stop.abort(),
    };
}


function hasMediaSource() {
    return "MediaSource" in globalThis || "ManagedMediaSource" in globalThis;
}
