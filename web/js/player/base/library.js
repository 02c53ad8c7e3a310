/*
 * HLS by hls.js, for browsers whose own has no choice of quality and sound, or
 * none at all. A classic script, fetched only by those who need it.
 */

import { bare } from "../../lib/call.js";
import { choices, choose } from "./choices.js";

const SCRIPT = "/vendor/hls.min.js";
const BEHIND = 60;          /* seconds kept of what was played */
const AHEAD = 10;           /* seconds kept of what a better quality replaces */
const SOON = 2;             /* the same, of what another file replaces */
const NEAR = 5;             /* seconds within which two errors are one */
const SETTINGS = {
    capLevelToPlayerSize: true, backBufferLength: BEHIND,
    /* subtitles are the element's own tracks */
    enableWebVTT: false, enableIMSC1: false, enableCEA708Captions: false,
    renderTextTracksNatively: false,
};

let script = null;


/*
 * Plays `source` from `at` seconds, or where it begins (-1). broke({status,
 * decode}) is called when it can go on no longer, changed() when there is
 * another choice, or another quality plays. Throws where nothing here can play.
 */
export async function playLibrary(element, source, at, { broke, changed }) {
    const Hls = await load();
    const gone = new AbortController();
    const { signal } = gone;
    let hls = null;
    /* As last seen: an element that fails may stand at 0, and has paused. */
    let place = at, plays = !element.paused;
    let taken = false;      /* is what is buffered another's? */
    let tracks = null;      /* what lies ready is of these files */
    let mended = -Infinity; /* where an error was recovered from */
    let hurt = false;       /* is the element of no use any more? */

    function make(from, where, wanted) {
        hls = new Hls({ ...SETTINGS, startPosition: where,
                        audioPreference: wanted ?? preferred(),
                        ...estimated() });
        hls.recoverMediaError = mend;
        hls.on(Hls.Events.ERROR, (event, data) => data.fatal && fail(data));
        for (const name of ["MANIFEST_PARSED", "AUDIO_TRACKS_UPDATED",
                            "AUDIO_TRACK_SWITCHED", "LEVEL_SWITCHED",
                            "LEVELS_UPDATED"]) {
            hls.on(Hls.Events[name], changed);
        }
        hls.loadSource(from);
    }

    function see() {
        const there = element.seeking
            || element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;

        if (!element.error) {
            place = there ? element.currentTime : place;
            plays = !element.paused;
        }
    }

    /* Is there a better picture than what lies ready, or is another file in
       its place? Then it comes soon. */
    function better() {
        const most = Math.max(...hls.levels.map(({ height }) => height));
        const other = replaced(tracks, files(hls));

        if (other || most > element.videoHeight) {
            hls.trigger(Hls.Events.BUFFER_FLUSHING, {
                startOffset: element.currentTime + (other ? SOON : AHEAD),
                endOffset: Infinity, type: other ? null : "video",
            });
        }
    }

    /* In the place of hls.js' own, which leaves the element paused. What fails
       twice at a place fails there again. */
    function mend() {
        if (Math.abs(place - mended) < NEAR) {
            hurt = true;
            broke({ decode: true });
            return;
        }
        mended = place;
        hls.detachMedia();
        hls.attachMedia(element);
        hls.startLoad(place);
        if (plays) {
            element.play().catch(() => {});
        }
    }

    function fail({ type, response, details }) {
        if (type === Hls.ErrorTypes.MEDIA_ERROR) {
            mend();
        } else {
            broke({ status: response?.code, details });
        }
    }

    if (!Hls.isSupported()) {
        throw new Error("unsupported");
    }
    for (const name of ["timeupdate", "seeking", "play", "pause"]) {
        element.addEventListener(name, see, { signal });
    }
    make(source, at);
    hls.attachMedia(element);

    return {
        qualities: () => hls.levels.map((level, id) => ({
            id, lines: Math.min(level.width, level.height),
            rate: level.bitrate, range: level.videoRange,
            codec: level.videoCodec,
        })),
        quality: () => (hls.autoLevelEnabled ? -1 : hls.manualLevel),
        setQuality(id) {
            if (taken && id !== -1) {
                hls.currentLevel = id;
            } else {
                hls.nextLevel = id;
            }
        },
        sounds: () => hls.audioTracks.map((track, id) => ({
            id, language: track.lang, title: track.name,
            channels: Number.parseInt(track.channels, 10) || null,
            file: fileName(track.url),
        })),
        sound: () => hls.audioTrack,
        setSound(id) {
            hls.audioTrack = id;
        },
        /* What is buffered stays, unless its file was replaced or fails, and
           who watches sees nothing of it. */
        renew(from) {
            const { lang, name } = hls.audioTracks[hls.audioTrack] ?? {};
            const held = hurt ? null : hls.transferMedia();

            choose({ estimate: hls.bandwidthEstimate });
            tracks = files(hls);
            hls.destroy();
            make(from, hurt ? place : element.currentTime,
                 lang ? { lang, name } : undefined);
            hls.attachMedia(held ?? element);
            taken = held !== null;
            if (taken) {
                hls.once(Hls.Events.BUFFER_CREATED, better);
            } else if (plays) {
                element.play().catch(() => {});
            }
            hurt = false;
            mended = -Infinity;
        },
        at: () => place,
        retry: () => hls.startLoad(),
        stop() {
            gone.abort();
            choose({ estimate: hls.bandwidthEstimate });
            hls.destroy();
        },
    };
}


function preferred() {
    const { sound } = choices();

    return sound ? { lang: sound } : undefined;
}


/* How fast it was the last time: the beginning need not be blurred. */
function estimated() {
    const { estimate } = choices();

    return estimate > 0 ? { abrEwmaDefaultEstimate: estimate } : {};
}


/* Where each track lies, by its name. */
function files({ levels, audioTracks }) {
    return new Map([...levels.map(({ uri }) => uri),
                    ...audioTracks.map(({ url }) => url)]
        .filter(Boolean).map((url) => [fileName(url), bare(url)]));
}


function replaced(before, now) {
    return [...before].some(([name, file]) =>
        now.has(name) && now.get(name) !== file);
}


function fileName(url) {
    return /([^/]*)\.m3u8$/.exec(new URL(url, location.href).pathname)?.[1];
}


function load() {
    script ??= new Promise((resolve, reject) => {
        const element = document.createElement("script");

        element.src = SCRIPT;
        element.onload = () => resolve(globalThis.Hls);
        element.onerror = () => {
            script = null;
            element.remove();
            reject(new Error(SCRIPT));
        };
        document.head.append(element);
    });

    return script;
}
