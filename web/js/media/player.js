/*
 * HLS into a media element: the browser's own where it has one, hls.js
 * where not, or where the browser's own gives up.
 */

const HLS_TYPE = "application/vnd.apple.mpegurl";
const LIBRARY = "/vendor/hls.min.js";
const REFUSED = [401, 403, 410];
const SOON = 10000;         /* ms */

let library = null;


/*
 * Plays what url() resolves to; it is called again when the server refuses
 * the link it gave before. failed(key) is called with the reason's text key
 * when nothing helps. Answers a function that lets go of the element.
 */
export function attach(element, url, failed) {
    const player = { element, url, failed, hls: null, gone: false,
                     renewed: -Infinity, recovered: false };
    const stop = new AbortController();

    load(player, stop.signal);

    return () => {
        player.gone = true;
        stop.abort();
        player.hls?.destroy();
        element.removeAttribute("src");
        element.load();
    };
}


async function load(player, signal) {
    try {
        const source = await player.url(false);

        if (player.gone) {
            return;
        }
        if (player.element.canPlayType(HLS_TYPE)) {
            playNative(player, source, signal);
        } else {
            await playLibrary(player, source);
        }
    } catch {
        player.failed("watch.broken-reason");
    }
}


/* The element does not say why it failed: first it may have been the link. */
function playNative(player, source, signal) {
    const { element } = player;

    element.src = source;
    element.addEventListener("error", async () => {
        if (player.hls || player.gone) {
            return;
        }
        const at = element.currentTime;
        const playing = !element.paused;

        try {
            if (mayRenew(player)) {
                element.src = await player.url(true);
                element.addEventListener("loadedmetadata", () => {
                    element.currentTime = at;
                }, { once: true, signal });
            } else {
                await playLibrary(player, source, at);
            }
            if (playing) {
                playWhenReady(element);
            }
        } catch {
            player.failed("watch.broken-reason");
        }
    }, { signal });
}


async function playLibrary(player, source, at = -1) {
    const Hls = await loadLibrary();

    if (player.gone) {
        return;
    }
    if (!Hls.isSupported()) {
        player.failed("watch.unsupported");
        return;
    }

    player.hls = new Hls({ startPosition: at });
    player.hls.on(Hls.Events.ERROR, (event, data) => {
        if (data.fatal) {
            recover(player, Hls, data);
        }
    });
    player.hls.loadSource(source);
    player.hls.attachMedia(player.element);
}


async function recover(player, Hls, data) {
    const { element, hls } = player;

    if (data.type === Hls.ErrorTypes.NETWORK_ERROR
        && REFUSED.includes(data.response?.code) && mayRenew(player))
    {
        const at = element.currentTime;
        const playing = !element.paused;

        hls.destroy();
        try {
            await playLibrary(player, await player.url(true), at);
            if (playing) {
                playWhenReady(element);
            }
        } catch {
            player.failed("watch.broken-reason");
        }
        return;
    }

    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && !player.recovered) {
        player.recovered = true;
        hls.recoverMediaError();
        return;
    }

    player.failed("watch.broken-reason");
}


/* A link refused again at once is refused for another reason. */
function mayRenew(player) {
    const now = performance.now();

    if (now - player.renewed < SOON) {
        return false;
    }
    player.renewed = now;
    return true;
}


/* A new source pauses the element: to play before it is there is lost. */
export function playWhenReady(element) {
    if (element.readyState > 0) {
        element.play().catch(() => {});
        return;
    }
    element.addEventListener("loadedmetadata", () => {
        element.play().catch(() => {});
    }, { once: true });
}


/* A classic script, so that it is fetched only by those who need it. */
function loadLibrary() {
    library ??= new Promise((resolve, reject) => {
        const script = document.createElement("script");

        script.src = LIBRARY;
        script.onload = () => resolve(globalThis.Hls);
        script.onerror = () => {
            library = null;
            script.remove();
            reject(new Error(LIBRARY));
        };
        document.head.append(script);
    });

    return library;
}
