/*
 * HLS by hls.js, for browsers whose own has no choice of quality and sound, or
 * none at all. A classic script, fetched only by those who need it.
 */

import { choices, choose } from "./choices.js";

const SCRIPT = "/vendor/hls.min.js";
const BEHIND = 60;          /* seconds kept of what was played */
const AHEAD = 10;           /* seconds kept of what a better quality replaces */
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
    let hls = null;
    let taken = false;      /* is what is buffered another's? */
    let mended = false;

    function make(from, where, wanted) {
        hls = new Hls({ ...SETTINGS, startPosition: where,
                        audioPreference: wanted ?? preferred(),
                        ...estimated() });
        hls.on(Hls.Events.ERROR, (event, data) => data.fatal && fail(data));
        for (const name of ["MANIFEST_PARSED", "AUDIO_TRACKS_UPDATED",
                            "AUDIO_TRACK_SWITCHED", "LEVEL_SWITCHED",
                            "LEVELS_UPDATED"]) {
            hls.on(Hls.Events[name], changed);
        }
        hls.loadSource(from);
    }

    /* Is there a better picture than what lies ready? Then it comes soon. */
    function better() {
        const most = Math.max(...hls.levels.map(({ height }) => height));

        if (most > element.videoHeight) {
            hls.trigger(Hls.Events.BUFFER_FLUSHING, {
                startOffset: element.currentTime + AHEAD,
                endOffset: Infinity, type: "video",
            });
        }
    }

    function fail({ type, response, details }) {
        if (type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
            mended = true;
            hls.recoverMediaError();
            return;
        }
        broke({ status: response?.code, details,
                decode: type === Hls.ErrorTypes.MEDIA_ERROR });
    }

    if (!Hls.isSupported()) {
        throw new Error("unsupported");
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
        /* What is buffered stays, and who watches sees nothing of it. */
        renew(from) {
            const { lang, name } = hls.audioTracks[hls.audioTrack] ?? {};
            const held = hls.transferMedia();

            choose({ estimate: hls.bandwidthEstimate });
            hls.destroy();
            make(from, element.currentTime, lang ? { lang, name } : undefined);
            hls.attachMedia(held ?? element);
            taken = held !== null;
            hls.once(Hls.Events.BUFFER_CREATED, better);
        },
        retry: () => hls.startLoad(),
        stop() {
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
